// The picture: bands of layers, edges, boxes, as SVG.

const svg = document.getElementById("graph");
const canvas = make("g", { class: "world" });
svg.append(canvas);

function make(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function text(x, y, content, classes) {
  return make("text", { x, y, class: classes }, content);
}

function cut(content, columns) {
  return content.length > columns ? `${content.slice(0, columns - 1)}…` : content;
}

function draw() {
  layOut();
  const edges = edgesSeen();
  const layersOf = { bands: make("g"), edges: make("g"), names: make("g"), boxes: make("g") };
  layersOf.bands.append(...heads(), ...bands.map(drawBand));
  layersOf.names.append(...bands.filter((band) => band.open || !band.thing.boxes.forward).map(drawName));
  layersOf.edges.append(...edges.map(drawEdge), ...drawEnd());
  for (const key of placed.keys()) layersOf.boxes.append(drawBox(boxes.get(key)));
  canvas.replaceChildren(arrow(), ...Object.values(layersOf));
  light();
}

// The head of an arrow, in the colour of its line.
function arrow() {
  const attributes = { id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 8, markerHeight: 8, markerUnits: "userSpaceOnUse", orient: "auto" };
  return make("defs", {}, make("marker", attributes, make("path", { d: "M0 0.5L8 4L0 7.5z", fill: "context-stroke" })));
}

function heads() {
  const names = { forward: "forward ▼", backward: "backward ▲", update: "update" };
  return phases.filter((phase) => boxesOf(phase).length && (mirrored || phase === "forward"))
    .map((phase) => text(world.columns[phase], 12, names[phase], `column ${phase}`));
}

function drawBand({ thing, top, height, open, depth }) {
  return make("rect", { class: `band${open ? " open" : ""}`, x: leftOf(depth), y: top, width: wide(depth), height, rx: 8, "data-band": thing.key });
}

// Bands of layers in layers are narrower: where one begins, and how wide it is.
function leftOf(depth) {
  return world.left + depth * size.inset;
}

function wide(depth) {
  return world.right - world.left - 2 * depth * size.inset;
}

// The heading of an open layer, which closes it; or of a layer without nodes.
function drawName({ thing, top, open, depth }) {
  const label = make("g", open ? { class: "name toggle", "data-thing": thing.key } : { class: "name" });
  label.append(make("rect", { class: "hit", x: leftOf(depth), y: top, width: wide(depth), height: size.head, rx: 8 }));
  const words = make("text", { x: leftOf(depth) + 12, y: top + 20 }, `${open ? "▾ " : ""}${thing.label}`);
  words.append(make("tspan", { dx: 10 }, [...thing.facts, ...(open ? [counts(thing)] : [])].join(" · ")));
  label.append(words);
  return label;
}

function counts(thing) {
  const inside = Object.values(thing.boxes).reduce((sum, box) => sum + box.nodes.length, 0);
  const parameters = parametersOf(thing);
  return [count(inside, "node"), ...(parameters ? [count(parameters, "parameter")] : [])].join(" · ");
}

function parametersOf(thing) {
  return wholeOf(thing).reduce((sum, layer) => sum + layer.parameters, 0);
}

// The shape of what comes out of a layer, or out of the last one of a group.
function outputOf(thing) {
  const { output_shape: shape } = thing.stack?.at(-1) ?? thing;
  return ["n", ...shape].join("×");
}

// ---- edges

function drawEdge(edge) {
  const path = make("path", { class: `edge ${edge.kind}`, d: way(edge), "data-edge": edge.key });
  path.flow = edge;
  if (painted) {
    const worst = [...edge.values].sort((a, b) => urgency(b) - urgency(a))[0];
    path.style.stroke = heat(level(worst), "var(--edge)");
    edge.shown = worst;
  }
  return make("g", {}, make("path", { class: "reach", d: path.getAttribute("d"), "data-edge": edge.key }), path);
}

function urgency(id) {
  const found = level(id);
  return found === "broken" ? 1e3 : found === "zero" ? 1e2 : Math.abs(found);
}

function way({ kind, from, to }) {
  const [a, b] = [placed.get(from.key), placed.get(to.key)];
  if (kind === "kept" || kind === "update") return crossing(a, b);
  return kind === "data" ? upright(a, b, 1) : upright(a, b, -1);
}

// From the right of a box to the left of another; below the boxes that stand between it and the middle.
function crossing(a, b) {
  const [start, end] = [a.x + a.width / 2, b.x - b.width / 2];
  const curve = (x, y) => `C${x + Math.max(30, (end - x) / 2.5)} ${y} ${end - Math.max(30, (end - x) / 2.5)} ${b.y} ${end} ${b.y}`;
  const between = [...placed.values()].filter((other) => Math.abs(other.y - a.y) < size.height && other.x > a.x && other.x < world.columns.axis);
  if (!between.length) return `M${start} ${a.y}${curve(start, a.y)}`;
  const [lane, y, middle] = [start + size.lane / 2, a.y + a.height / 2 + size.gap / 2, Math.max(...between.map((other) => other.x)) + size.width / 2];
  return `M${start} ${a.y}C${lane} ${a.y} ${lane} ${y} ${lane + size.lane / 2} ${y}H${middle}${curve(middle, y)}`;
}

// Down (1) or up (-1) from box to box; past the boxes between them in the gap between two lanes.
function upright(a, b, down) {
  const [start, end] = [a.y + (down * a.height) / 2, b.y - (down * b.height) / 2];
  const curve = (x, from, to, until) => {
    const bend = Math.min(Math.max(Math.abs(until - from) / 2, 8), 60);
    return `C${x} ${from + down * bend} ${to} ${until - down * bend} ${to} ${until}`;
  };
  const isFar = Math.abs(end - start) > size.height;
  const isBlocked = isFar && (a.x !== b.x || [...placed.values()].some((other) => isBetween(other, a.x, start, end)));
  if (!isBlocked) return `M${a.x} ${start}${curve(a.x, start, b.x, end)}`;
  const side = b.x === a.x ? down : Math.sign(b.x - a.x);
  const gap = b.x + (b.x === a.x ? side : -side) * (size.width / 2 + size.lane / 2);
  const [out, back] = [start + down * size.gap, end - down * size.gap];
  return `M${a.x} ${start}${curve(a.x, start, gap, out)}V${back}${curve(gap, back, b.x, end)}`;
}

// Whether a box stands in the way of a vertical line.
function isBetween(other, x, start, end) {
  return Math.abs(x - other.x) < other.width / 2 && other.y > Math.min(start, end) && other.y < Math.max(start, end);
}

// The turn at the bottom: the loss, and the gradient of the loss, which is 1.
function drawEnd() {
  const rows = layers.flatMap((layer) => layer.rows).filter((row) => row.role === "data" && row.results.length);
  if (!rows.length) return [];
  const [last, first] = [seen(rows.at(-1).boxes[0]), seen(rows.at(-1).boxes[1])];
  const [a, b] = [placed.get(last.key), placed.get(first.key)];
  const bottom = a.y + a.height / 2 + 26;
  const turn = `M${a.x} ${a.y + a.height / 2}C${a.x} ${bottom + 14} ${a.x} ${bottom + 14} ${a.x + 60} ${bottom + 14}H${b.x - 60}C${b.x} ${bottom + 14} ${b.x} ${bottom + 14} ${b.x} ${b.y + b.height / 2}`;
  return [make("path", { class: "edge turn", d: turn }), text(world.columns.axis, bottom + 8, `${data.end}    ∂${data.end} = 1`, "column turn")];
}

// ---- boxes

function drawBox(box) {
  const { x, y, width, height } = placed.get(box.key);
  const ground = make("rect", { class: "ground", width, height, rx: 6 });
  const group = make("g", { class: classesOf(box), transform: `translate(${x - width / 2} ${y - height / 2})`, "data-box": box.key });
  group.append(make("title", {}, fullText(box)), ground);
  if (box.level === "group") group.prepend(make("rect", { class: "ground behind", x: 5, y: 5, width, height, rx: 6 }));
  const columns = Math.floor((width - 24) / 7.3);
  const [title, below, corner] = wordsOf(box);
  group.append(text(12, 19, cut(title, columns - (corner ? corner.length : 0)), "title"), text(12, 36, cut(below, painted && box.phase !== "update" ? columns : columns + 5), "muted"));
  if (box.thing && box.phase === "forward") group.append(make("rect", { class: "hit", width: 26, height: 28, "data-thing": box.thing.key }));
  if (corner) group.append(text(width - 12, 19, corner, "muted corner"));
  if (painted && box.level !== "rest") paint(box, group, ground);
  return group;
}

function classesOf(box) {
  const empty = box.level === "row" && !box.nodes.length ? " passing" : "";
  return `box ${box.phase} ${box.level}${empty}${box.row ? ` ${box.row.role}` : ""}`;
}

function titleOf(box) {
  if (box.level === "row" && box.row.role === "parameter" && box.phase === "backward") return `∂${box.row.forward.text} = ${box.text}`;
  if (box.level === "row" && box.phase === "update") return `${box.row.forward.text} ${box.text}`;
  if (box.level !== "layer" && box.level !== "group") return box.text;
  if (box.phase === "forward") return `▸ ${box.text}`;
  if (box.phase === "update") return count(box.inside.length, "update");
  return (box.level === "layer" && box.layer.gradients) || `∂ ${box.text}`;
}

// What stands in a box: its first line, its second, and in its corner the shape where the second line is a formula.
function wordsOf(box) {
  const thing = box.phase === "forward" && box.thing;
  if (box.level !== "row") return [titleOf(box), subtitleOf(box), thing && thing.facts ? thing.facts.join(" · ") : ""];
  const name = box.row.forward.text;
  const shape = shapeOf(nodes[box.value ?? box.nodes[0] ?? box.row.forward.nodes.at(-1)]);
  if (box.phase === "update") return [name, box.text, ""];
  if (box.phase === "backward" && box.row.role === "parameter") return [`∂${name}`, box.text, shape];
  return [titleOf(box), box.nodes.length ? shape : "handed on as it is", ""];
}

function subtitleOf(box) {
  if (box.phase !== "forward" || !box.thing) return count(box.nodes.length, "node");
  const parameters = parametersOf(box.thing);
  const facts = [outputOf(box.thing), ...(box.thing.last_name ? [`to ${box.thing.last_name}`] : []), ...(parameters ? [count(parameters, "parameter")] : [])];
  return facts.join(" · ");
}

function fullText(box) {
  return [titleOf(box), box.layer ? `${box.layer.name}${box.layer.line ? `, line ${box.layer.line}` : ""}` : "", `${box.phase}, ${count(box.nodes.length, "node")}`].filter(Boolean).join("\n");
}

function paint(box, group, ground) {
  const { width, height } = placed.get(box.key);
  if (box.phase === "update") return paintRatio(box, group, ground);
  if (box.value === null) return undefined;
  const found = level(box.value);
  const { values } = nodes[box.value];
  fill(group, ground, found);
  const words = values.nans || values.infinities ? `${values.nans} NaN, ${values.infinities} inf` : `norm ${short(values.norm)} · zeros ${percent(values.zeros)}`;
  group.append(text(12, 53, words, "muted"), make("path", { class: "histogram", d: histogram(values, 52, 26), transform: `translate(${width - 62} ${height - 36})` }));
  return undefined;
}

function paintRatio(box, group, ground) {
  const ratios = (box.inside ?? [box]).map((one) => nodes[one.row.forward.nodes[0]].update_ratio).filter((ratio) => ratio !== null);
  const worst = ratios.sort((a, b) => strength(b) - strength(a))[0];
  if (worst === undefined) return;
  const found = ratioLevel(worst);
  fill(group, ground, found);
  group.append(text(12, 53, `update/weight ${short(worst)}`, "muted"));
}

function fill(group, ground, found) {
  ground.style.fill = heat(found);
  if (typeof found === "string" || Math.abs(found) > 1) group.classList.add(typeof found === "string" ? found : "strong");
}

function strength(ratio) {
  const found = ratioLevel(ratio);
  return found === "broken" ? 1e3 : found === "zero" ? 0 : Math.abs(found);
}

// ---- what is lit: the selected box and its partners, or the path to a weight

function light() {
  const chosen = state.selected ? seen(state.selected) : null;
  const lit = state.target === null ? null : litBy(state.target);
  const partners = new Set(chosen?.partners.map(seen));
  canvas.classList.toggle("dimmed", lit !== null);
  for (const element of canvas.querySelectorAll("[data-box]")) {
    const box = boxes.get(element.dataset.box);
    element.classList.toggle("selected", box === chosen);
    element.classList.toggle("partner", partners.has(box));
    element.classList.toggle("lit", lit !== null && lit.boxes.has(box));
  }
  for (const element of canvas.querySelectorAll("path.edge")) {
    const { flow } = element;
    element.classList.toggle("touched", !!flow && (flow.from === chosen || flow.to === chosen));
    element.classList.toggle("lit", lit !== null && (!flow || (flow.kind !== "kept" && [...flow.values].some((id) => lit.nodes.has(id)) && lit.boxes.has(flow.to))));
  }
}
