// Moving about: pan, zoom, click, keys, search.

const view = { x: 0, y: 0, zoom: 1 };
const search = document.getElementById("search");
const foundList = document.getElementById("found");
const target = document.getElementById("target");
const tip = document.getElementById("tip");

function move() {
  canvas.setAttribute("transform", `translate(${view.x} ${view.y}) scale(${view.zoom})`);
}

function zoomBy(factor, x = svg.clientWidth / 2, y = svg.clientHeight / 2) {
  const zoom = Math.min(Math.max(view.zoom * factor, 0.05), 4);
  view.x = x - ((x - view.x) * zoom) / view.zoom;
  view.y = y - ((y - view.y) * zoom) / view.zoom;
  view.zoom = zoom;
  move();
}

// The whole width, no smaller than can be read; with `all` the whole graph.
function fit(all) {
  const wide = (svg.clientWidth - 32) / (world.right - world.left);
  view.zoom = all ? Math.min(wide, (svg.clientHeight - 32) / world.height, 1.2) : Math.min(Math.max(wide, 0.55), 1.1);
  view.x = wide < view.zoom ? 16 - world.left * view.zoom : (svg.clientWidth - (world.right + world.left) * view.zoom) / 2;
  view.y = 16;
  move();
}

// Move so that a box is in sight, to the middle if it was not.
function bring(box) {
  const place = placed.get(box.key);
  if (!place) return;
  const [x, y] = [view.x + place.x * view.zoom, view.y + place.y * view.zoom];
  const half = (place.width / 2) * view.zoom;
  if (x < half || x > svg.clientWidth - half) view.x += svg.clientWidth / 2 - x;
  if (y < 40 || y > svg.clientHeight - 60) view.y += svg.clientHeight / 2 - y;
  move();
}

function choose(box) {
  reveal(box);
  state.selected = box;
  show();
  light();
  bring(seen(box));
}

// Open what a box is hidden in.
function reveal(box) {
  const holders = around(box.layer ?? box.thing?.outer).filter((thing) => thing !== box.thing);
  const wanted = holders.filter((thing) => !state.open.has(thing));
  for (const thing of wanted) state.open.add(thing);
  if (wanted.length) draw();
}

// Open or close a layer or group; what is at the pointer stays where it is.
function toggle(thing) {
  const before = bands.find((band) => band.thing === thing);
  state.open.has(thing) ? state.open.delete(thing) : state.open.add(thing);
  draw();
  const first = thing.layers ? thing.layers[0] : thing;
  const after = bands.find((band) => band.thing === thing || band.thing === first);
  if (before && after) view.y += (before.top - after.top) * view.zoom;
  move();
  show();
}

function setAll(open) {
  state.open = new Set(open ? [...layers, ...groups] : []);
  draw();
  fit(false);
  show();
}

function lightPath(weight) {
  state.target = weight;
  target.value = weight === null ? "" : String(weight);
  show();
  light();
}

function clear() {
  state.selected = null;
  lightPath(null);
}

// ---- pointer

let drag = null;

svg.addEventListener("pointerdown", (event) => {
  drag = { x: event.clientX, y: event.clientY, moved: false };
});

svg.addEventListener("pointermove", (event) => {
  hover(event);
  if (!drag) return;
  const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
  if (!drag.moved && Math.hypot(dx, dy) < 4) return;
  if (!drag.moved) svg.setPointerCapture(event.pointerId);
  view.x += dx;
  view.y += dy;
  drag = { x: event.clientX, y: event.clientY, moved: true };
  move();
});

svg.addEventListener("pointerup", (event) => {
  const moved = drag?.moved;
  drag = null;
  if (!moved) press(event.target);
});

svg.addEventListener("pointercancel", () => { drag = null; });
svg.addEventListener("pointerleave", () => { tip.hidden = true; });

svg.addEventListener("wheel", (event) => {
  event.preventDefault();
  if (event.ctrlKey || event.metaKey) {
    const box = svg.getBoundingClientRect();
    zoomBy(Math.exp(-event.deltaY / 300), event.clientX - box.left, event.clientY - box.top);
  } else {
    const step = event.deltaMode === 1 ? 20 : 1;
    view.x -= (event.shiftKey ? event.deltaY : event.deltaX) * step;
    view.y -= event.shiftKey ? 0 : event.deltaY * step;
    move();
  }
}, { passive: false });

function press(element) {
  svg.focus({ preventScroll: true });
  const key = element.closest("[data-box]")?.dataset.box;
  const thing = element.closest("[data-thing]")?.dataset.thing; // a heading, or the sign at the left of a closed layer
  const edge = element.closest("[data-edge]")?.parentNode.querySelector(".edge")?.flow;
  if (thing) toggle([...layers, ...groups].find((one) => one.key === thing));
  else if (key) pressBox(boxes.get(key));
  else if (edge) choose(edge.from);
  else clear();
}

// The second press opens a closed layer.
function pressBox(box) {
  if (box.thing && state.selected === box) return toggle(box.thing);
  return choose(box);
}

function hover(event) {
  const edge = event.target.closest?.("[data-edge]")?.parentNode.querySelector(".edge")?.flow;
  tip.hidden = !edge;
  if (!edge) return;
  const ids = [...edge.values];
  const rows = ids.slice(0, 4).map((id) => {
    const parts = [el("strong", {}, nodes[id].name), ` ${shapeOf(nodes[id])}`];
    if (!painted) return el("div", {}, parts);
    const chart = make("svg", { viewBox: "0 0 120 28", class: "chart small" }, make("path", { class: "histogram", d: histogram(nodes[id].values, 120, 26) }));
    return el("div", {}, parts, el("br"), summary(id), chart);
  });
  tip.replaceChildren(...rows, ...(ids.length > 4 ? [`and ${ids.length - 4} more`] : []));
  tip.style.left = `${Math.min(event.clientX + 14, innerWidth - 340)}px`;
  tip.style.top = `${Math.min(event.clientY + 14, innerHeight - 120)}px`;
}

// ---- keys

function inColumn(phase) {
  return [...placed.keys()].map((key) => boxes.get(key)).filter((box) => box.phase === phase)
    .sort((a, b) => placed.get(a.key).y - placed.get(b.key).y || placed.get(a.key).x - placed.get(b.key).x);
}

function along(step) {
  const now = state.selected && seen(state.selected);
  const column = inColumn(now?.phase ?? "forward");
  const next = now ? column[column.indexOf(now) + step] : column[0];
  if (next) choose(next);
}

function across(step) {
  const now = state.selected && seen(state.selected);
  if (!now) return along(0);
  const order = phases.indexOf(now.phase) + step;
  const next = now.partners.find((box) => box.phase === phases[order]);
  if (next) choose(next);
  return undefined;
}

function enter() {
  const now = state.selected && seen(state.selected);
  const thing = now?.thing ?? now?.layer;
  if (!thing) return;
  if (now.level === "row") state.selected = thing.boxes[now.phase];
  const opens = !state.open.has(thing);
  toggle(thing);
  if (opens) choose(firstIn(thing));
  else choose(state.selected);
}

// The first box that is seen in a layer or group that is open.
function firstIn(thing) {
  const first = (thing.stack ?? thing.inside)[0];
  if (!first) return thing.rows[0].boxes[0];
  return isOpen(first) ? firstIn(first) : first.boxes.forward ?? Object.values(first.boxes)[0] ?? thing.rows[0].boxes[0];
}

function lightSelected() {
  const weight = state.selected && weightOf(state.selected);
  if (weight !== null) lightPath(state.target === weight ? null : weight);
}

function changeTheme() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
}

const keys = {
  ArrowDown: () => along(1), ArrowUp: () => along(-1), ArrowRight: () => across(1), ArrowLeft: () => across(-1),
  Enter: enter, " ": enter, Escape: clear, "/": () => search.focus(), e: () => setAll(true), c: () => setAll(false),
  "+": () => zoomBy(1.25), "=": () => zoomBy(1.25), "-": () => zoomBy(0.8), 0: () => fit(true),
  p: lightSelected, t: changeTheme, "?": () => document.getElementById("keys").showModal(),
};

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, select, button, dialog, summary");
  if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
  if (typing && !(event.target.tagName === "BUTTON" && !["Enter", " "].includes(event.key))) return;
  event.preventDefault();
  keys[event.key]();
});

// ---- search

const index = nodes.map((node) => ({ id: node.id, text: `${node.name} ${node.op} ${node.layer ?? ""}`.toLowerCase() })).filter(({ id }) => home[id]);
let hits = [];
let hit = 0;

function find() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const all = words.length ? index.filter((entry) => words.every((word) => entry.text.includes(word))) : [];
  hits = all.slice(0, 12);
  hit = 0;
  foundList.hidden = !words.length;
  search.setAttribute("aria-expanded", String(!foundList.hidden));
  const items = hits.map(({ id }) => el("li", { role: "option", "data-id": id, onpointerdown: (event) => { event.preventDefault(); pick(id); } },
    el("span", { class: home[id].phase }, nodes[id].name), el("small", {}, ` ${shapeOf(nodes[id])}`)));
  const more = all.length > hits.length ? [el("li", { class: "muted" }, `and ${all.length - hits.length} more`)] : [];
  foundList.replaceChildren(...(items.length ? [...items, ...more] : [el("li", { class: "muted" }, "nothing found")]));
  mark();
}

function mark() {
  [...foundList.children].forEach((item, place) => item.setAttribute("aria-selected", String(place === hit)));
}

function pick(id) {
  foundList.hidden = true;
  search.setAttribute("aria-expanded", "false");
  svg.focus({ preventScroll: true });
  choose(home[id]);
  const inside = panel.querySelector(`details[data-node="${id}"]`);
  if (inside) inside.open = true;
  inside?.scrollIntoView({ block: "nearest" });
}

search.addEventListener("input", find);
search.addEventListener("focus", find);
search.addEventListener("blur", () => { foundList.hidden = true; });
search.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && hits.length) { hit = (hit + step + hits.length) % hits.length; mark(); event.preventDefault(); }
  if (event.key === "Enter" && hits.length) pick(hits[hit].id);
  if (event.key === "Escape") svg.focus();
});

// ---- start

for (const id of labels) target.append(el("option", { value: id }, nodes[id].name));
target.closest("label").hidden = !labels.length;
target.addEventListener("change", () => lightPath(target.value === "" ? null : Number(target.value)));
const buttons = { open: () => setAll(true), close: () => setAll(false), smaller: keys["-"], larger: keys["+"], fit: keys[0], theme: changeTheme, help: keys["?"] };
for (const [id, action] of Object.entries(buttons)) document.getElementById(id).addEventListener("click", action);
document.getElementById("legend").innerHTML = legend();
if (painted) document.getElementById("source").append(` · one batch of ${data.examples} examples`);
draw();
fit(false);
