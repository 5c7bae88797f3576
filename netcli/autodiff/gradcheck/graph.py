"""The check of a graph: a model's loss and its parameters, or any node and leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np

from netcli.autodiff.gradcheck.check import Check, CheckSettings, Kind
from netcli.autodiff.gradcheck.function import Evaluate, Function, Values
from netcli.autodiff.gradcheck.rows import forward_row, reverse_rows
from netcli.autodiff.paths import describe
from netcli.autodiff.reverse import gradients
from netcli.errors import GraphError
from netcli.graph import Array, Known, Leaf, Node, Placeholder, Variable, placeholder, topological


def check_graph(
    y: Node,
    xs: Sequence[Node],
    values: Mapping[Node, Array],
    evaluate: Evaluate,
    settings: CheckSettings | None = None,
    names: Sequence[str] | None = None,
) -> list[Check]:
    """Check the derivatives of y with respect to leaves xs, at the `values` of all leaves, in float64.

    Of a loss (a uniform scalar) the derivative itself is checked, of any other y that of a sum of its elements with random
    weights. Three rows per x, reverse, complex (if every operation is analytic) and forward, and three for the second order,
    where the gradient, weighted at random, is what is differentiated; with several xs, two more, in which all of them move at
    once. `names` are those of the rows, by default the labels of the leaves.
    Raises GraphError (something is not float64, a leaf has no value, an x is no leaf) and MissingRuleError.
    """
    settings = settings or CheckSettings()
    names = names if names is not None else [describe(x).partition(" ")[2] for x in xs]
    _check_values(y, xs, values)
    generator = np.random.default_rng([settings.seed, crc32("".join(names).encode())])
    loss = y.shape == () and not y.type.varying
    seed = placeholder("cotangent", y.type)
    first = gradients([y], xs, [seed], unconnected="zero")
    (shape,) = (value.shape for value in evaluate([y], values))
    given = {**values, seed: np.ones(shape) if loss else random_weights(generator, shape)}
    stages = [_Stage("reverse", "complex", "forward", (y,), (seed,), tuple(first))]
    if settings.second_order:
        seeds = tuple(placeholder("cotangent", x.type) for x in xs)
        given |= {s: random_weights(generator, values[x].shape) for x, s in zip(xs, seeds, strict=True)}
        second = gradients(first, xs, seeds, unconnected="zero")
        stages.append(_Stage("second reverse", "second complex", "second forward", tuple(first), seeds, tuple(second)))
    nodes = topological([node for stage in stages for node in (*stage.outputs, *stage.seeds, *stage.gradients)])
    known = dict(zip(nodes, evaluate(nodes, given), strict=True)) | given
    with np.errstate(all="ignore"):  # what is not finite fails, and says so
        return [row for stage in stages for row in stage.rows(xs, names, known, evaluate, settings, generator)]


@dataclass(frozen=True)
class _Stage:
    """What is differentiated in one order: outputs weighted with seeds, and the gradients by reverse mode."""

    reverse: Kind
    complex: Kind
    forward: Kind
    outputs: tuple[Node, ...]
    seeds: tuple[Node, ...]
    gradients: tuple[Node, ...]

    def rows(
        self,
        xs: Sequence[Node],
        names: Sequence[str],
        values: Values,
        evaluate: Evaluate,
        settings: CheckSettings,
        generator: np.random.Generator,
    ) -> list[Check]:
        """Two or three rows for each x, and one for all together."""
        outputs = [(output, values[seed]) for output, seed in zip(self.outputs, self.seeds, strict=True)]
        found = [(x, values[gradient]) for x, gradient in zip(xs, self.gradients, strict=True)]
        rows = []
        for name, gradient, (x, value) in zip(names, self.gradients, found, strict=True):
            function = Function(x, outputs, gradient, values, evaluate)
            rows += reverse_rows(name, (self.reverse, self.complex), function, settings, generator)
            rows.append(forward_row(name, self.forward, outputs, [(x, value)], values, evaluate, generator))
        if len(xs) > 1:
            rows.append(forward_row("all together", self.forward, outputs, found, values, evaluate, generator))
        return rows


def random_weights(generator: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Random weights of either sign, none near zero: no element of what they weigh goes unseen."""
    return np.asarray(generator.choice((-1.0, 1.0), shape) * generator.uniform(0.5, 1.5, shape))


def _check_values(y: Node, xs: Sequence[Node], values: Mapping[Node, Array]) -> None:
    """Raise GraphError unless everything is float64, every leaf has a value of its type, and the xs are leaves."""
    nodes = topological([y, *xs])
    for node in nodes:
        if node.type.dtype == "float32":
            raise GraphError(
                f"gradients are checked in float64: {describe(node)} is {node.type}",
                hint="build the graph in float64; in float32 rounding hides a wrong derivative, at any step",
            )
        if isinstance(node.op, Leaf) and not isinstance(node.op, Known):
            _check_value(node, values.get(node))
    for x in xs:
        if not isinstance(x.op, Placeholder | Variable) or not x.type.is_float:
            raise GraphError(f"a gradient is checked with respect to placeholders and variables of floats, found {x!r}")


def _check_value(leaf: Node, value: Array | None) -> None:
    if value is None:
        raise GraphError(f"{describe(leaf)} has no value to check gradients at")
    shape = value.shape[1:] if leaf.type.varying else value.shape
    if shape != leaf.shape or value.dtype != leaf.type.dtype:
        raise GraphError(f"{describe(leaf)} is {leaf.type}, and was given {value.dtype}{list(value.shape)}")
