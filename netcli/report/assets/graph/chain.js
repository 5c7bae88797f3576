// The chain rule from the loss to a weight: which nodes are on the way, and its factors.

const ends = data.outputs[data.end];
const labels = Object.keys(data.gradients).map(Number).filter((id) => nodes[id].trainable);

function reach(start, next) {
  const found = new Set([start]);
  const waiting = [start];
  while (waiting.length) for (const id of next(waiting.pop())) if (!found.has(id)) { found.add(id); waiting.push(id); }
  return found;
}

// The nodes of the way forward from a weight to the loss, and of the way back to its gradient.
function wayTo(weight) {
  const needed = reach(ends, (id) => nodes[id].inputs);
  const forward = reach(weight, (id) => users[id].filter((user) => needed.has(user)));
  const partners = new Set([...forward].flatMap((id) => home[id].row?.boxes ?? []));
  const back = reach(data.gradients[weight], (id) => nodes[id].inputs.filter((input) => flows(input) && nodes[input].phase === "backward" && partners.has(home[input])));
  return { forward, back };
}

// What is lit in the picture for a weight: the nodes and the boxes that are seen of them.
function litBy(weight) {
  const { forward, back } = wayTo(weight);
  const inside = new Set([...forward, ...back]);
  const found = new Set([...inside].map((id) => seen(home[id])));
  const update = home[weight].partners.find((box) => box.phase === "update");
  if (update) found.add(seen(update));
  for (const id of forward) for (const box of home[id].row?.boxes ?? []) if (!box.nodes.length) found.add(seen(box)); // handed on as it is
  return { nodes: inside, boxes: found };
}

// Every row on the way, from the loss to the weight: { row, name, factors, formulas, value }.
function factorsTo(weight) {
  const { forward, back } = wayTo(weight);
  const rows = [];
  for (const id of [...forward].sort((a, b) => b - a)) {
    const box = home[id];
    if (box.row && box.level === "row" && !rows.includes(box.row) && id !== weight) rows.push(box.row);
  }
  return rows.filter((row) => row.boxes[0] !== home[weight]).map((row) => {
    const into = new Set(row.forward.nodes.flatMap((id) => nodes[id].inputs).filter((id) => forward.has(id) && home[id] !== row.boxes[0]).map((id) => home[id]));
    const read = into.has(home[weight]) ? home[weight].row.results[0] : null;
    const onWay = row.results.filter((result) => !result.nodes.length || result.nodes.some((id) => back.has(id)));
    const own = read ? [...onWay.filter(() => into.size > 1), read] : onWay;
    return { row, name: nameOf(row), inputs: [...into].map((box) => nameOf(box.row)), formulas: own.map((result) => result.text), value: own.findLast((result) => result.value !== null)?.value ?? null };
  });
}

// A row by the name of its operation or parameter.
function nameOf(row) {
  return nodes[row.forward.nodes[0]].name;
}

// On how many ways the loss depends on the weight: the gradient is the sum over them of the products of their factors.
function waysTo(weight, factors) {
  const count = new Map([[nameOf(home[weight].row), 1n]]); // whole numbers of any size: the ways double with every fork
  for (const factor of factors.toReversed()) count.set(factor.name, factor.inputs.reduce((sum, name) => sum + (count.get(name) ?? 0n), 0n));
  return count.get(factors[0]?.name) ?? 0n;
}

// The factors as the chain rule writes them. The values on the way are a₁, a₂, … from the loss upwards: `signs` by name.
function productOf(weight, factors) {
  const name = nodes[weight].name;
  const signs = new Map([[name, name.split("/").at(-1)]]);
  factors.forEach((factor, index) => signs.set(factor.name, index ? `a${String(index).replace(/./g, (digit) => "₀₁₂₃₄₅₆₇₈₉"[digit])}` : data.end));
  const written = (factor, input) => `∂${signs.get(factor.name)}/∂${signs.get(input)}`;
  return { total: `∂${data.end}/∂${signs.get(name)}`, signs, written, product: factors.flatMap((factor) => factor.inputs.map((input) => written(factor, input))) };
}
