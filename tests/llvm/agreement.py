"""The llvm executor against the numpy executor in float64, with bounds that the graph itself gives.

A bound is what rounding may do to an output: the float64 graph is evaluated again with the value of every node moved by random
relative errors of the size of float32's rounding (Vignes, "A stochastic arithmetic for reliable scientific computation", 1993).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from zlib import crc32

import numpy as np

from netcli.executors import Feeds, State
from netcli.executors.llvm import LlvmExecutor
from netcli.executors.numpy import leaf_values
from netcli.graph import (
    Array,
    Constant,
    DType,
    Graph,
    Node,
    TensorType,
    Variable,
    constant,
    op_of,
    placeholder,
    topological,
    variable,
)
from netcli.ops.random_uniform import RandomUniform

_EPS = float(np.finfo("float32").eps)
#: How many roundings' worth of error an output may have beyond the greatest that was seen among the moved evaluations.
_FACTOR = 24.0
_MOVED = 3


def widened(graph: Graph) -> Graph:
    """The same graph in float64."""
    made: dict[Node, Node] = {}
    for node in graph.nodes:
        made[node] = _wide(node, [made[x] for x in node.inputs])
    outputs = {name: made[node] for name, node in graph.outputs.items()}
    return Graph(outputs, {made[target]: made[value] for target, value in graph.updates.items()})


def _wide(node: Node, inputs: list[Node]) -> Node:
    op = node.op
    if isinstance(op, Constant):
        return constant(op.value, "float64") if op.type.dtype == "float32" else node
    changes: dict[str, object] = {}
    if getattr(op, "dtype", None) == "float32":
        changes["dtype"] = "float64"
    if isinstance(getattr(op, "type", None), TensorType) and op.type.dtype == "float32":  # type: ignore[attr-defined]
        changes["type"] = dataclasses.replace(op.type, dtype="float64")  # type: ignore[attr-defined]
    return Node(dataclasses.replace(op, **changes) if changes else op, inputs)  # type: ignore[type-var]


def wide_arrays(arrays: Mapping[str, Array]) -> dict[str, Array]:
    """Their float32 arrays in float64."""
    return {name: array.astype("float64") if array.dtype == "float32" else array.copy() for name, array in arrays.items()}


def exact_and_bounds(graph: Graph, state: State, feeds: Feeds) -> tuple[dict[str, Array], dict[str, Array]]:
    """Outputs, and new values of variables under `update of LABEL`, in float64; and the errors that float32 may make."""
    wide = widened(graph)
    wanted = {**wide.outputs, **{f"update of {op_of(target, Variable).label}": value for target, value in wide.updates.items()}}
    leaves = leaf_values(wide, State(wide_arrays(state.values)), wide_arrays(feeds))
    exact = _evaluate(wanted, leaves, None)
    generator = np.random.default_rng(crc32(" ".join(wanted).encode()))
    moved = [_evaluate(wanted, leaves, generator) for _ in range(_MOVED)]
    bounds = {}
    for name, found in exact.items():
        value = np.asarray(found, "float64")
        seen = max(float(np.abs(other[name] - value).max(initial=0.0)) for other in moved)
        bounds[name] = _FACTOR * seen + 2 * _EPS * np.abs(value) + float(np.finfo("float32").tiny)
    return exact, bounds


def _evaluate(wanted: Mapping[str, Node], leaves: Mapping[Node, Array], moving: np.random.Generator | None) -> dict[str, Array]:
    values: dict[Node, Array] = {}
    with np.errstate(all="ignore"):
        for node in topological(list(wanted.values())):
            value = leaves[node] if node in leaves else np.asarray(node.op.forward(np, *(values[x] for x in node.inputs)))
            if moving is not None and node.type.is_float and not isinstance(node.op, Constant | RandomUniform):
                value = value * (1 + _EPS * moving.uniform(-1, 1, value.shape))
            values[node] = value
    return {name: values[node] for name, node in wanted.items()}


def results(graph: Graph, state: State, feeds: Feeds, llvm: LlvmExecutor) -> dict[str, Array]:
    """The llvm executor's outputs, and new values of variables under `update of LABEL`."""
    own = state.copy()
    outputs = llvm.compile(graph).run(own, feeds)
    return outputs | {
        f"update of {label}": own.values[label] for label in (op_of(target, Variable).label for target in graph.updates)
    }


def assert_agrees(found: Mapping[str, Array], graph: Graph, state: State, feeds: Feeds) -> None:
    """Found are the outputs and updates of a step from `state`; each is where float32 may have it, and of its type."""
    exact, bounds = exact_and_bounds(graph, state, feeds)
    assert found.keys() == exact.keys()
    for name, expected in exact.items():
        node = graph.outputs.get(name)
        assert found[name].shape == expected.shape, f"{name}: {found[name].shape}, expected {expected.shape}"
        if node is not None:
            assert found[name].dtype == node.type.dtype, f"{name}: {found[name].dtype}, expected {node.type.dtype}"
        excess = np.abs(np.asarray(found[name], "float64") - expected) - bounds[name]
        worst = np.unravel_index(np.argmax(np.nan_to_num(excess, nan=np.inf)), excess.shape) if excess.size else ()
        assert (excess <= 0).all(), (
            f"{name}{list(map(int, worst))}: {found[name][worst]!r}, expected {expected[worst]!r} ± {bounds[name][worst]:.2g}"
        )


def fed(label: str, *shape: int, dtype: DType = "float32") -> Node:
    """A varying input."""
    return placeholder(label, TensorType(shape, dtype, varying=True))


def var(label: str, *shape: int, dtype: DType = "float32") -> Node:
    """State."""
    return variable(label, shape, lambda generator, shape: generator.normal(size=shape), dtype=dtype)


def draw(graph: Graph, batch: int = 40) -> tuple[State, dict[str, Array]]:
    """Random values for all leaves; whole numbers are 0 to 4."""
    generator = np.random.default_rng(batch)

    def values(type_: TensorType) -> Array:
        shape = ((batch,) if type_.varying else ()) + type_.shape
        return np.asarray(generator.normal(size=shape) if type_.is_float else generator.integers(0, 5, shape)).astype(
            type_.dtype
        )

    state = {op_of(node, Variable).label: values(node.type) for node in graph.variables}
    return State(state), {label: values(node.type) for label, node in graph.placeholders.items()}


def check_graph(outputs: dict[str, Node], updates: dict[Node, Node] | None = None) -> None:
    """The outputs and updates are right, with empty lanes and without."""
    graph = Graph(outputs, updates or {})
    for batch in (40, 16):
        state, feeds = draw(graph, batch)
        assert_agrees(results(graph, state, feeds, LlvmExecutor(2)), graph, state, feeds)
