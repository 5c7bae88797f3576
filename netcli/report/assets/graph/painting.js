// Colours of what flows: how far a value's typical size is from what is typical for its column.

const decades = 3; // a thousandth, a thousand times: the ends of the scale

function short(value) {
  if (value === null || value === undefined) return "–";
  if (typeof value === "string") return value === "nan" ? "NaN" : value;
  if (value === 0) return "0";
  const magnitude = Math.abs(value);
  return magnitude >= 1e-3 && magnitude < 1e5 ? String(+value.toPrecision(3)) : value.toExponential(1);
}

function percent(share) {
  if (share > 0 && share < 0.01) return "<1 %";
  return share > 0.99 && share < 1 ? "99 %" : `${Math.round(100 * share)} %`;
}

// What is typical: the median over the values on their way, of activations and of gradients.
const typical = Object.fromEntries(["forward", "backward"].map((phase) => {
  const sizes = [...boxes.values()].filter((box) => box.level === "row" && box.phase === phase && box.row.role === "data" && box.value !== null)
    .map((box) => nodes[box.value].root_mean_square).filter((value) => typeof value === "number" && value > 0).sort((a, b) => a - b);
  return [phase, sizes[Math.floor(sizes.length / 2)] ?? 1];
}));

// What to say of a value: "zero", "broken", or how many powers of ten it is from what is typical.
function level(id) {
  const { values, root_mean_square: rms, phase } = nodes[id];
  if (values.nans || values.infinities) return "broken";
  if (rms === 0) return "zero";
  return Math.log10(rms / typical[phase === "update" ? "forward" : phase]);
}

// The ratio of an update to its weights: good is about 1e-3.
function ratioLevel(ratio) {
  if (typeof ratio === "string") return ratio === "nan" ? "broken" : "zero";
  return ratio === 0 ? "zero" : Math.log10(ratio / 1e-3);
}

function heat(found, ground = "var(--card)") {
  if (found === "broken") return "var(--broken)";
  if (found === "zero") return "var(--zero)";
  const share = Math.min(Math.abs(found) / decades, 1);
  return `color-mix(in oklab, ${found < 0 ? "var(--cold)" : "var(--hot)"} ${Math.round(100 * share)}%, ${ground})`;
}

// A histogram as bars in an SVG path, of this width and height; where zero is, a tick stands below.
function histogram(values, width, height) {
  const most = Math.max(...values.histogram, 1);
  const step = width / Math.max(values.histogram.length, 1);
  const bars = values.histogram.map((count, index) => {
    const tall = count ? Math.max(1, (height * count) / most) : 0;
    return `M${(index * step).toFixed(1)} ${height}v${-tall.toFixed(1)}h${Math.max(step - 0.5, 0.5).toFixed(1)}v${tall.toFixed(1)}z`;
  });
  return bars.join("");
}

function summary(id) {
  const { values, update_ratio: ratio } = nodes[id];
  const parts = [`norm ${short(values.norm)}`, `mean ${short(values.mean)}`, `zeros ${percent(values.zeros)}`];
  if (values.nans) parts.push(`${values.nans} NaN`);
  if (values.infinities) parts.push(`${values.infinities} infinite`);
  if (ratio !== null) parts.push(`update/weight ${short(ratio)}`);
  return parts.join(" · ");
}

function legend() {
  const keys = [["forward", "data"], ["backward", "gradients"], ["update", "updates"]].filter(([phase]) => boxesOf(phase).length)
    .map(([phase, name]) => `<span><i class="line ${phase}"></i>${name}</span>`);
  if (mirrored) keys.push('<span><i class="line kept"></i>kept for the backward pass</span>');
  if (!painted) return keys.join("");
  const scale = `<span class="scale">1/1000 <i class="ramp"></i> ×1000 of the column's median (updates: of 0.001 of the weights)</span>`;
  return `${keys.join("")}${scale}<span><i class="swatch zero"></i>all zero</span><span><i class="swatch broken"></i>NaN, infinite</span>`;
}
