// The panel: all that is known of the selected box.

const panel = document.getElementById("panel");

function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) name.startsWith("on") ? element.addEventListener(name.slice(2), value) : element.setAttribute(name, value);
  element.append(...children.flat().filter((child) => child !== null));
  return element;
}

function facts(pairs) {
  return el("dl", {}, pairs.filter(([, value]) => value !== null && value !== "").map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
}

function part(title, ...children) {
  return el("section", {}, el("h3", {}, title), ...children);
}

function goTo(box, label) {
  return el("button", { class: `link ${box.phase}`, onclick: () => choose(box) }, label);
}

function nodeLink(id) {
  return goTo(home[id], nodes[id].name);
}

function amount(value, unit, base) {
  const prefixes = base === 1024 ? ["", "Ki", "Mi", "Gi"] : ["", "k", "M", "G", "T"];
  const power = Math.min(value ? Math.floor(Math.log(value) / Math.log(base)) : 0, prefixes.length - 1);
  return `${power ? (value / base ** power).toPrecision(3) : value} ${prefixes[power]}${unit}`;
}

function perExample(node, size) {
  const perBatch = node.varying || node.inputs.some((id) => nodes[id].varying);
  return perBatch ? `${size} an example` : size;
}

function show() {
  const box = state.selected;
  panel.hidden = !box && state.target === null;
  if (panel.hidden) return;
  const close = el("button", { class: "close", "aria-label": "Close", onclick: clear }, "×");
  panel.replaceChildren(close, ...(state.target === null ? [] : [chain(state.target)]), ...(box ? aboutBox(box) : []));
  panel.scrollTop = 0;
}

function aboutBox(box) {
  const content = [el("p", { class: `kind ${box.phase}` }, `${box.phase}${box.row ? ` · ${box.row.role}` : ""}`), el("h2", {}, titleOf(box).replace("▸ ", ""))];
  if (box.layer) content.push(yaml(box.layer));
  if (box.level === "layer" || box.level === "group") content.push(aboutClosed(box));
  if (box.row) content.push(derivative(box));
  if (box.value !== null) content.push(node(box.value));
  const target = weightOf(box);
  if (target !== null && state.target !== target) content.push(el("button", { class: "action", onclick: () => lightPath(target) }, `Light the path from the ${data.end} (p)`));
  const others = box.nodes.filter((id) => id !== box.value);
  if (others.length) content.push(part(box.value === null ? "Nodes" : "Other nodes in this box", el("div", { class: "nodes" }, others.map((id) => el("details", { "data-node": id }, el("summary", {}, nodes[id].name), node(id))))));
  if (box.leaves.length) content.push(part("Reads", el("p", {}, box.leaves.map((id) => nodes[id].name).join(", "))));
  return content;
}

// The parameter whose gradient or update a box is, or that it is itself.
function weightOf(box) {
  const id = box.row?.role === "parameter" ? box.row.forward.nodes[0] : null;
  return id !== null && labels.includes(id) ? id : null;
}

function yaml(layer) {
  if (layer.line === null) return facts([["layer", layer.name]]);
  const line = data.yaml[layer.line];
  return el("pre", { class: "yaml", title: `line ${layer.line} of the config` }, el("span", {}, `${layer.line}`), line?.trim() ?? layer.name);
}

function aboutClosed(box) {
  const all = wholeOf(box.thing);
  const total = (name) => all.reduce((sum, layer) => sum + layer[name], 0);
  const button = el("button", { class: "action", onclick: () => toggle(box.thing) }, state.open.has(box.thing) ? "Close (Enter)" : "Open (Enter)");
  return el("div", {}, facts([
    ["layers", all.length > 1 ? String(all.length) : null], ["nodes", String(Object.values(box.thing.boxes).reduce((sum, one) => sum + one.nodes.length, 0))],
    ["output", outputOf(box.thing)], ["parameters", total("parameters").toLocaleString("en")],
    ["FLOPs", `${amount(total("flops_forward"), "FLOP", 1000)} forward, ${amount(total("flops_backward"), "FLOP", 1000)} backward`],
    ["kept", `${amount(total("activation_bytes"), "B", 1024)} an example`],
  ]), button);
}

// The formulas of the row: what is computed, its vjp, the update; each leads to its box.
function derivative(box) {
  const lines = box.row.boxes.filter((other) => other !== box);
  if (!lines.length) return null;
  const names = { forward: "forward", backward: "vjp", update: "update" };
  const kept = box.row.results.flatMap((result) => result.kept);
  const note = kept.length ? el("p", { class: "muted" }, `reads of the forward pass: ${[...new Set(kept)].join(", ")}`) : null;
  return part("Across", facts(lines.map((other) => [names[other.phase], goTo(other, titleOf(other))])), note, el("p", { class: "muted" }, "x from above · y the result of the row · g the gradient from below"));
}

function node(id) {
  const found = nodes[id];
  const call = `${found.op}(${found.inputs.map((input) => nodes[input].name).join(", ")})`;
  const reads = found.inputs.filter((input) => home[input].own.has(input));
  return el("div", { class: "node", "data-id": id }, facts([
    ["name", found.name], ["formula", found.inputs.length ? el("code", {}, `${call} ${found.attributes}`) : `${found.op} ${found.attributes}`], ["about", data.ops[found.op] ?? ""],
    ["shape", shapeOf(found)], ["dtype", found.dtype], ["FLOPs", found.flops ? perExample(found, amount(found.flops, "FLOP", 1000)) : null], ["bytes", `${amount(found.bytes, "B", 1024)}${found.varying ? " an example" : ""}`],
    ["reads", reads.length ? list(reads) : null], ["needed by", users[id].length ? list(users[id]) : "nothing: it is an output"],
  ]), painted ? statistics(id) : null);
}

function list(ids) {
  const shownIds = ids.slice(0, 12);
  return el("span", { class: "links" }, shownIds.map(nodeLink), ids.length > 12 ? `and ${ids.length - 12} more` : null);
}

function statistics(id) {
  const { values, root_mean_square: rms, update_ratio: ratio } = nodes[id];
  const chart = make("svg", { class: "chart", viewBox: "0 0 300 60", role: "img", "aria-label": "Histogram" }, make("path", { class: "histogram", d: histogram(values, 300, 58) }));
  return el("div", { class: "statistics" }, chart, el("p", { class: "ends" }, el("span", {}, short(values.smallest)), el("span", {}, short(values.largest))), facts([
    ["norm", short(values.norm)], ["rms", short(rms)], ["mean", short(values.mean)], ["deviation", short(values.deviation)], ["zeros", percent(values.zeros)],
    ["NaN", String(values.nans)], ["infinite", String(values.infinities)], ["update/weight", ratio === null ? null : `${short(ratio)}${judged(ratio)}`],
  ]));
}

function judged(ratio) {
  if (typeof ratio !== "number") return "";
  return ratio > data.healthy.largest ? ": too large, it explodes" : ratio < data.healthy.smallest ? ": it hardly moves" : "";
}

// The chain rule for a weight: the product of the factors, then each with how reverse mode multiplies by it.
function chain(weight) {
  const factors = factorsTo(weight);
  const { total, product, signs, written } = productOf(weight, factors);
  const ways = waysTo(weight, factors);
  const formula = ways === 1n ? el("p", { class: "product" }, `${total} = `, product.flatMap((one, index) => [index ? " · " : "", el("span", {}, one)]))
    : el("p", { class: "product" }, `${total} = the sum over ${ways.toLocaleString("en")} ways of the products of their factors`);
  const rows = factors.map((factor) => el("li", {},
    el("span", {}, el("b", {}, factor.inputs.map((input) => written(factor, input)).join(", ")), "  ", goTo(factor.row.boxes[0], factor.name)),
    el("code", {}, `${signs.get(factor.name)} = ${factor.row.forward.text}`),
    el("code", { class: "backward" }, `g ← ${factor.formulas.length ? factor.formulas.join(";  ") : "g"}`),
    painted && factor.value !== null ? el("span", { class: "muted" }, summary(factor.value)) : null));
  return el("section", { id: "chain" }, el("h2", {}, `From the ${data.end} to ${nodes[weight].name}`), formula,
    el("p", { class: "muted" }, "Each factor, from the loss upwards: what is computed (x from above, y the result), and how reverse mode multiplies the gradient g from below with its derivative."), el("ol", {}, rows));
}
