"""Random graphs of arithmetic, reductions, reshapes and choices, rich in what passes look for: 0, 1, -0, infinities, NaN."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from netcli.autodiff import gradients
from netcli.executors import State
from netcli.graph import Array, DType, Graph, Node, TensorType, constant, placeholder, variable
from netcli.ops import (
    absolute,
    batch_broadcast,
    batch_mean,
    batch_sum,
    broadcast,
    exp,
    greater,
    random_uniform,
    relu,
    reshape,
    select,
    sqrt,
    sum_over,
)

SHAPE = (3, 5)
BATCH = 17
NUMBERS = [0.0, -0.0, 1.0, -1.0, 0.5, np.inf, -np.inf, np.nan]


def negated(x: Node) -> Node:
    """-x, for twice in a row."""
    return -x


def random_graph(seed: int, dtype: DType) -> Graph:
    """Twenty operations on what is fed, variables and constants: every value an output, two gradients too, one an update."""
    generator = np.random.default_rng(seed)
    x = placeholder("x", TensorType(SHAPE, dtype, varying=True))
    y = placeholder("y", TensorType(SHAPE, dtype, varying=True))
    w = variable("w", SHAPE, lambda _, shape: np.zeros(shape), dtype=dtype)
    keys = [variable(name, (), lambda _, shape: np.zeros(shape), dtype="uint32", trainable=False) for name in ("seed", "step")]
    nodes = [x, y, w, random_uniform(keys[0], keys[1], x, SHAPE, 1), *_constants(generator, dtype)]
    for _ in range(20):
        nodes.append(_operation(generator, nodes, x))
    dx, dw = gradients([nodes[-1]], [x, w], unconnected="zero")
    outputs = {f"value{number}": node for number, node in enumerate(nodes)} | {"dx": dx, "dw": dw}
    return Graph(outputs, {w: next(node for node in reversed(nodes) if node.type == w.type)})


def _constants(generator: np.random.Generator, dtype: DType) -> list[Node]:
    """Scalars, arrays of one number, an array of several."""
    filled = [np.full(SHAPE, number) for number in generator.choice(NUMBERS, 3)]
    return [constant(value, dtype) for value in (*generator.choice(NUMBERS, 4), *filled, generator.choice(NUMBERS, SHAPE))]


def _operation(generator: np.random.Generator, nodes: list[Node], x: Node) -> Node:
    """A random operation on two of the nodes."""
    a, b = (_whole(nodes[index]) for index in generator.integers(len(nodes), size=2))
    number = float(generator.choice(NUMBERS[:5]))
    axis = int(generator.integers(-2, 0))
    makers: list[Callable[[], Node]] = [
        lambda: a + b, lambda: a - b, lambda: a * b, lambda: a / b, lambda: -a, lambda: negated(negated(a)),
        lambda: a + number, lambda: number + a, lambda: a - number, lambda: number - a,
        lambda: a * number, lambda: number * a, lambda: a / 1.0, lambda: 1.0 * a,
        lambda: exp(a), lambda: sqrt(absolute(a)), lambda: relu(a), lambda: select(greater(a, b), a, b),
        lambda: reshape(reshape(a, (15,)), (5, 3)), lambda: reshape(reshape(reshape(a, (5, 3)), (15,)), SHAPE),
        lambda: broadcast(sum_over(a, (axis,)), SHAPE), lambda: sum_over(a),
    ]  # fmt: skip
    makers += [lambda: batch_sum(a), lambda: batch_mean(a)] if a.type.varying else [lambda: batch_broadcast(a, x)]
    return makers[generator.integers(len(makers))]()


def _whole(node: Node) -> Node:
    """A value of the shape that all have, so that everything goes with everything."""
    return broadcast(reshape(node, (1, 1)), SHAPE) if node.shape == () else reshape(node, SHAPE)


def random_values(seed: int, dtype: DType) -> tuple[State, dict[str, Array]]:
    """Values of the variables, and feeds: ordinary numbers, and every fifth one of those that passes look for."""
    generator = np.random.default_rng(seed)

    def draw(*shape: int) -> Array:
        special = generator.uniform(size=shape) < 0.2
        return np.where(special, generator.choice(NUMBERS, shape), generator.normal(0, 2, shape)).astype(dtype)

    keys = {name: np.array(generator.integers(0, 9), "uint32") for name in ("seed", "step")}
    return State({"w": draw(*SHAPE), **keys}), {"x": draw(BATCH, *SHAPE), "y": draw(BATCH, *SHAPE)}
