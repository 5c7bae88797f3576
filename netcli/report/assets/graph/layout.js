// Where the boxes stand. Within a layer dagre ranks the forward boxes; the backward ones mirror them, updates stand outside.

const painted = data.examples !== null;
const size = { width: 236, height: painted ? 62 : 44, stack: 8, gap: 22, lane: 30, gutter: 160, head: 30, pad: 14, closed: painted ? 62 : 48, between: 18, updates: 52, inset: 10 };
const mirrored = boxesOf("backward").length > 0;
let placed = new Map(); // of each box that is seen, by key: { x, y, width, height }, the middle of the box
let bands = []; // layers and groups from top to bottom, outer ones first: { thing, top, height, open, depth }
let world = { left: 0, right: 0, height: 0, columns: {} };

function boxesOf(phase) {
  return [...boxes.values()].filter((box) => box.phase === phase);
}

function rowHeight(row) {
  const beside = Math.max(1, row.results.length);
  return beside * size.height + (beside - 1) * size.stack;
}

// Places of the rows of a layer: { x, y } of each, the spine of data at x = 0, the top at y = 0.
function rank(layer) {
  if (!layer.places) {
    const { rows } = layer;
    const form = { heights: rows.map(rowHeight), roles: rows.map((row) => row.role), edges: edgesWithin(rows) };
    const key = JSON.stringify(form);
    if (!ranked.has(key)) ranked.set(key, inLanes(form, rankedByDagre(form)));
    layer.places = new Map(rows.map((row, place) => [row, ranked.get(key)[place]]));
  }
  return layer.places;
}

const ranked = new Map(); // layers of one form are ranked once

// The edges between rows, as pairs of places; -1 for what comes from the layers above.
function edgesWithin(rows) {
  const places = new Map(rows.map((row, place) => [row.boxes[0], place]));
  const read = (row) => row.forward.nodes.flatMap((id) => nodes[id].inputs).filter(flows).map((id) => places.get(home[id]) ?? -1);
  return rows.flatMap((row, place) => [...new Set(read(row))].filter((from) => from !== place).map((from) => [from, place]));
}

function rankedByDagre({ heights, roles, edges }) {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: "TB", nodesep: size.lane, ranksep: size.gap });
  graph.setDefaultEdgeLabel(() => ({}));
  graph.setNode("-1", { width: size.width, height: 0 });
  heights.forEach((height, place) => graph.setNode(String(place), { width: size.width, height }));
  for (const [from, to] of edges) graph.setEdge(String(from), String(to), { weight: roles[to] === "data" ? 20 : 1 });
  dagre.layout(graph);
  return heights.map((_, place) => graph.node(String(place)));
}

// The rows of each rank in lanes: data at the right, in the order that dagre found, what they read to their left.
function inLanes({ heights, roles }, slots) {
  const top = Math.min(...slots.map((slot, place) => slot.y - heights[place] / 2));
  const found = [];
  for (const beside of Map.groupBy(slots.keys(), (place) => Math.round(slots[place].y)).values()) {
    const order = beside.toSorted((a, b) => (roles[b] === "data") - (roles[a] === "data") || slots[b].x - slots[a].x);
    order.forEach((place, lane) => {
      const aside = roles[place] === "data" || lane ? lane : 1; // the spine is for data alone
      found[place] = { x: -aside * (size.width + size.lane), y: slots[place].y - top };
    });
  }
  return found;
}

// The things to draw in a layer, or in the main stack, from top to bottom: layers, and groups that are closed.
function shown(outer = null) {
  return [...groups.filter((group) => group.outer === outer && !state.open.has(group)), ...layers.filter((layer) => layer.outer === outer && (!layer.group || state.open.has(layer.group)))]
    .sort((a, b) => (a.first ?? a.index) - (b.first ?? b.index));
}

// Whether what is in a layer is seen.
function isOpen(thing) {
  return !thing.layers && state.open.has(thing) && thing.rows.length + thing.inside.length > 0;
}

// The layers that are open, with those open in them, and how many are in each other.
function opened(things) {
  return things.filter(isOpen).flatMap((layer) => [layer, ...opened(shown(layer))]);
}

function layOut() {
  placed = new Map();
  bands = [];
  const open = opened(shown());
  const slots = open.flatMap((layer) => [...rank(layer).values()]);
  const reach = (pick, start) => slots.reduce((found, slot) => pick(found, slot.x), start);
  world.columns = columns(reach(Math.min, 0), reach(Math.max, 0), Math.max(0, ...open.map((layer) => layer.depth + (layer.inside.length ? 1 : 0))));
  world.height = placeRest(stack(shown(), 34, 0) + 34) + 40; // room for the legend
}

// Things one under the other from a height on, in so many layers; the height under them.
function stack(things, top, depth) {
  let y = top;
  for (const thing of things) {
    const band = { thing, top: y, height: 0, open: isOpen(thing), depth };
    bands.push(band);
    band.height = band.open ? placeOpen(thing, y + size.head, depth) - y : thing.boxes.forward ? placeClosed(thing, y) : size.head;
    y += band.height + size.between;
  }
  return y;
}

// What is in a layer, then its own rows; the height under them.
function placeOpen(layer, top, depth) {
  const y = layer.inside.length ? stack(shown(layer), top, depth + 1) : top;
  return layer.rows.length ? y + placeRows(layer, y) + size.pad : y - size.between + size.pad;
}

// The column of each phase: the x of its spine, and how wide it is, with so many layers in each other.
function columns(least, most, deepest) {
  const half = size.width / 2;
  const axis = most + half + size.gutter / 2;
  const outer = 2 * axis - least + half;
  const side = size.pad + deepest * size.inset;
  world.left = least - half - side;
  const update = outer + size.updates + half;
  world.right = (!mirrored ? most + half : boxesOf("update").length ? update + half : outer) + side;
  return { axis, update, forward: 0, backward: 2 * axis };
}

function put(box, x, y, height) {
  placed.set(box.key, { x, y, width: size.width, height });
}

function placeRows(layer, top) {
  let bottom = 0;
  for (const [row, slot] of rank(layer)) {
    const beside = row.boxes.filter((box) => box.phase === "backward");
    for (const box of row.boxes) {
      const place = beside.indexOf(box) - (beside.length - 1) / 2;
      const y = top + slot.y + (box.phase === "backward" ? place * (size.height + size.stack) : 0);
      put(box, box.phase === "forward" ? slot.x : box.phase === "update" ? world.columns.update : 2 * world.columns.axis - slot.x, y, size.height);
    }
    bottom = Math.max(bottom, slot.y + rowHeight(row) / 2);
  }
  return bottom;
}

function placeClosed(thing, top) {
  for (const [phase, box] of Object.entries(thing.boxes)) put(box, world.columns[phase], top + size.closed / 2, size.closed);
  return size.closed;
}

function placeRest(top) {
  for (const box of rest) put(box, world.columns[box.phase], top + 20, 40);
  return rest.length ? top + 54 : top;
}
