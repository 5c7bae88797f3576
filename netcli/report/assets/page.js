"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const dark = matchMedia("(prefers-color-scheme: dark)");

// A number in a few digits; null is a value that was not finite.
function short(value) {
  if (value === null || value === undefined) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  return size >= 1e-3 && size < 1e5 ? String(+value.toPrecision(4)) : value.toExponential(1);
}

// ---- curves

const wholeSteps = [1, 2, 5].flatMap((step) => [0, 1, 2, 3, 4, 5].map((power) => step * 10 ** power)).sort((a, b) => a - b);

// While no epoch is pointed at, the legend shows the last one.
function series(curve, one) {
  const stroke = color(one.label === "validation" ? "--validation" : "--train");
  return {
    label: one.label,
    stroke,
    width: 2,
    points: { show: data.epochs.length <= 30, size: 5, fill: stroke },
    value: (_, value, _series, index) => short(index === null ? one.values[one.values.length - 1] : value) + curve.unit,
  };
}

function options(curve, width) {
  const axis = { stroke: color("--muted"), grid: { stroke: color("--grid"), width: 1 }, ticks: { show: false }, font: "12px system-ui" };
  const [first, last] = [data.epochs[0], data.epochs[data.epochs.length - 1]];
  return {
    width,
    height: 220,
    padding: [8, 12, 0, 0],
    cursor: { sync: { key: "epochs" }, y: false, drag: { x: false, y: false } },
    scales: {
      x: { time: false, range: first === last ? [first - 1, last + 1] : [first, last] },
      y: { distr: curve.log ? 3 : 1 },
    },
    axes: [
      { ...axis, grid: { show: false }, incrs: wholeSteps, size: 32 },
      { ...axis, size: 62, values: (_, ticks) => ticks.map((tick) => (tick === null ? "" : short(tick) + curve.unit)) },
    ],
    series: [{ label: "epoch", value: (_, value) => String(value ?? last) }, ...curve.series.map((one) => series(curve, one))],
  };
}

function drawCurves() {
  for (const place of document.querySelectorAll("[data-curve]")) {
    const curve = data.curves[+place.dataset.curve];
    place.replaceChildren();
    new uPlot(options(curve, place.clientWidth), [data.epochs, ...curve.series.map((one) => one.values)], place);
  }
}

// ---- heat map of gradient norms: a row a parameter, a column an epoch, the logarithm as colour

const rowHeight = 20;

function ramp(stops, share) {
  const position = share * (stops.length - 1);
  const index = Math.min(Math.floor(position), stops.length - 2);
  const channel = (stop, at) => parseInt(stop.slice(1 + 2 * at, 3 + 2 * at), 16);
  const mix = [0, 1, 2].map((at) => channel(stops[index], at) + (position - index) * (channel(stops[index + 1], at) - channel(stops[index], at)));
  return `rgb(${mix.map(Math.round).join(" ")})`;
}

function cellColor(value, stops) {
  if (value === null) return color("--broken");
  if (value === 0) return color("--zero");
  const { low, high } = data.heat;
  return ramp(stops, high > low ? (Math.log10(value) - low) / (high - low) : 0.5);
}

function drawHeat() {
  const canvas = document.getElementById("heat");
  if (!canvas) return;
  const { norms } = data.heat;
  const columns = data.epochs.length;
  const ratio = devicePixelRatio || 1;
  canvas.style.height = `${norms.length * rowHeight}px`;
  canvas.width = Math.round(canvas.clientWidth * ratio);
  canvas.height = Math.round(norms.length * rowHeight * ratio);
  const context = canvas.getContext("2d");
  const stops = color("--heat").split(",").map((stop) => stop.trim());
  const edge = (column) => Math.round((column * canvas.width) / columns);
  norms.forEach((row, y) => row.forEach((value, x) => {
    context.fillStyle = cellColor(value, stops);
    const top = Math.round(y * rowHeight * ratio);
    context.fillRect(edge(x), top, edge(x + 1) - edge(x), Math.round((y + 1) * rowHeight * ratio) - top - Math.round(ratio));
  }));
}

function followPointer() {
  const canvas = document.getElementById("heat");
  const note = document.getElementById("heat-note");
  if (!canvas) return;
  const hint = note.textContent;
  canvas.addEventListener("pointerleave", () => { note.textContent = hint; });
  canvas.addEventListener("pointermove", (event) => {
    const box = canvas.getBoundingClientRect();
    const x = Math.floor(((event.clientX - box.left) / box.width) * data.epochs.length);
    const y = Math.floor((event.clientY - box.top) / rowHeight);
    const value = data.heat.norms[y]?.[x];
    if (value === undefined) return;
    note.textContent = `${data.heat.names[y]}, epoch ${data.epochs[x]}: ${value === null ? "not finite" : short(value)}`;
  });
}

function draw() {
  drawCurves();
  drawHeat();
}

let width = 0;
new ResizeObserver(() => {
  if (document.body.clientWidth !== width) {
    width = document.body.clientWidth;
    draw();
  }
}).observe(document.body);
dark.addEventListener("change", draw);
followPointer();
