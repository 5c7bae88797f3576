"use strict";
// What the page shows: boxes of nodes, which layers are open, and what flows between the boxes that are seen.

const data = JSON.parse(document.getElementById("data").textContent);
const { layers, groups } = data;
const nodes = data.nodes.map((node) => ({ attributes: "", layer: null, line: null, forward: null, update_ratio: null, ...node }));
const phases = ["forward", "backward", "update"];
const boxes = new Map(); // all boxes of all levels, by key
const home = []; // of each node, by id, its innermost box
const state = { open: new Set(), selected: null, target: null }; // open: layers and groups

function addBox(level, key, phase, text, parts) {
  const box = { level, key, phase, text, nodes: [], leaves: [], partners: [], layer: null, row: null, value: null, ...parts };
  box.own = new Set(box.nodes);
  boxes.set(key, box);
  if (level !== "row" && level !== "rest") return box;
  for (const id of [...box.nodes, ...box.leaves]) home[id] = box;
  return box;
}

// The boxes of a row: forward, the derivatives beside it, the update. Each knows the others as its partners.
function addRow(layer, row, place) {
  const key = `${layer.index}.${place}`;
  const own = (phase, name, part, more) => addBox("row", `${phase} ${key}${name}`, phase, part.text, { ...part, layer, row, ...more });
  const last = row.role === "parameter" ? row.forward.nodes[0] : row.forward.nodes.at(-1);
  row.boxes = [own("forward", "", row.forward, { value: last })];
  row.results.forEach((result, number) => row.boxes.push(own("backward", `.${number}`, result)));
  if (row.update) row.boxes.push(own("update", "", row.update, { value: data.updates[nodes[row.forward.nodes[0]].name] ?? null }));
  row.key = key;
  for (const box of row.boxes) box.partners = row.boxes.filter((other) => other.phase !== box.phase);
}

// One box for each phase of a closed layer or group: it has the nodes of all boxes in it.
function addClosed(level, thing, key, rows, text) {
  thing.key = key;
  thing.boxes = {};
  for (const phase of phases) {
    const inside = rows.flatMap((row) => row.boxes).filter((box) => box.phase === phase);
    if (!inside.length) continue;
    const whole = { nodes: inside.flatMap((box) => box.nodes), leaves: inside.flatMap((box) => box.leaves), inside };
    thing.boxes[phase] = addBox(level, `${phase} ${key}`, phase, text, { ...whole, thing, layer: level === "layer" ? thing : null });
  }
  const all = Object.values(thing.boxes);
  for (const box of all) {
    box.partners = all.filter((other) => other !== box);
    const flowing = box.inside.filter((one) => one.value !== null && one.row.role === "data");
    box.value = (box.phase === "backward" ? flowing[0] : flowing.at(-1))?.value ?? box.inside.find((one) => one.value !== null)?.value ?? null;
  }
}

// The nodes that read a node.
const users = nodes.map(() => []);
for (const node of nodes) for (const id of new Set(node.inputs)) users[id].push(node.id);

// Layers stand in the order of the stack, each before those in it; what is in a layer is computed before its own rows.
layers.forEach((layer, index) => {
  layer.index = index;
  layer.inside = [];
  layer.outer = layer.around === null ? null : layers[layer.around];
  if (layer.outer) layer.outer.inside.push(layer);
  layer.rows.forEach((row, place) => addRow(layer, row, place));
});
for (const layer of layers) addClosed("layer", layer, `layer ${layer.index}`, rowsOf(layer), layer.label);
groups.forEach((group, number) => {
  group.layers = layers.slice(group.first, group.last + 1);
  group.outer = group.around === null ? null : layers[group.around];
  group.stack = group.layers.filter((layer) => layer.outer === group.outer);
  for (const layer of group.stack) layer.group = group;
  addClosed("group", group, `group ${number}`, group.stack.flatMap(rowsOf), `${group.times} × ${group.size > 1 ? `these ${group.size} layers` : "this layer"}`);
});

// The rows of a layer and of those in it, as they are computed.
function rowsOf(layer) {
  return [...layer.inside.flatMap(rowsOf), ...layer.rows];
}

// A layer with those in it; the layers of a group.
function wholeOf(thing) {
  return thing.layers ?? [thing, ...thing.inside.flatMap(wholeOf)];
}

// The layers and groups that a layer stands in, from the outside, and itself.
function around(layer) {
  return layer ? [...around(layer.outer), ...(layer.group ? [layer.group] : []), layer] : [];
}
const restTexts = { forward: "metrics and statistics", backward: "norms of gradients", update: "norms and what is shared" };
const rest = Object.entries(data.rest).map(([phase, part]) => addBox("rest", `${phase} rest`, phase, restTexts[phase], part));
if (data.open) for (const thing of [...layers, ...groups]) state.open.add(thing);

// The box that stands for a box while layers are closed.
function seen(box) {
  const closed = around(box.layer ?? box.thing?.outer).find((thing) => !state.open.has(thing));
  return closed ? closed.boxes[box.phase] : box;
}

function isSeen(box) {
  return box.level === "rest" || placed.has(box.key);
}

// What may flow: numbers and the count of examples are read everywhere and are no edges.
function flows(id) {
  return home[id].own.has(id) && home[id].level !== "rest" && nodes[id].op !== "batch_size";
}

function kindOf(from, to) {
  if (from.phase === "forward") return to.phase === "forward" ? "data" : to.phase === "backward" ? "kept" : null;
  if (from.phase === "backward") return to.phase === "backward" ? "gradient" : "update";
  return null;
}

// The boxes that a gradient passes on its way from below to a node, of operations that hand it on as it is: they have no
// node of their own.
function passed(id, node) {
  const [from, to] = [home[id].row, node.forward === null ? null : home[node.forward].row];
  if (!to || from === to) return [];
  const first = home[node.id].row !== to && passing(to) ? [passing(to)] : [];
  const last = from && passing(from) ? [passing(from)] : []; // above the sum of what comes from below
  const waiting = [[to]];
  while (waiting.length) {
    const way = waiting.shift();
    const next = readersOf(way.at(-1));
    if (next.includes(from)) return [...first, ...way.slice(1).map(passing), ...last].reverse();
    for (const row of next) if (passing(row) && !way.includes(row)) waiting.push([...way, row]);
  }
  return first;
}

function passing(row) {
  return row.boxes.find((box) => box.phase === "backward" && !box.nodes.length);
}

// The rows that read what a row computes.
function readersOf(row) {
  const read = users[row.forward.nodes.at(-1)].map((id) => home[id]).filter((box) => box.row && box.phase === "forward");
  return [...new Set(read.map((box) => box.row))].filter((other) => other !== row);
}

// The edges between the boxes that are seen, each with the ids of the values that flow along it.
function edgesSeen() {
  const found = new Map();
  const join = (id, from, to) => {
    const [a, b] = [seen(from), seen(to)];
    const kind = kindOf(a, b);
    if (a === b || !kind) return;
    const key = `${a.key} → ${b.key}`;
    if (!found.has(key)) found.set(key, { key, kind, from: a, to: b, values: new Set() });
    found.get(key).values.add(id);
  };
  for (const user of nodes) {
    if (home[user.id].level === "rest" || !home[user.id].own.has(user.id)) continue;
    for (const id of user.inputs) {
      if (!flows(id) || home[id] === home[user.id] || home[user.id].phase === "update") continue;
      const stops = [home[id], ...(nodes[id].phase === "backward" ? passed(id, user) : []), home[user.id]];
      for (let place = 1; place < stops.length; place += 1) join(id, stops[place - 1], stops[place]);
    }
  }
  for (const row of layers.flatMap((layer) => layer.rows)) {
    const [gradient, update] = [row.boxes.find((box) => box.phase === "backward"), row.boxes.find((box) => box.phase === "update")];
    if (gradient && update) join(gradient.value, gradient, update);
  }
  return [...found.values()];
}

function count(number, word) {
  return `${number.toLocaleString("en")} ${word}${number === 1 ? "" : "s"}`;
}

function shapeOf(node) {
  const parts = node.varying ? ["n", ...node.shape] : node.shape;
  return parts.length ? parts.join("×") : "scalar";
}
