"""Executors against float64, with the bounds that the graph itself gives: see `netcli.autodiff.gradcheck.rounding`."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from netcli.autodiff.gradcheck.rounding import Reference
from netcli.executors import Executor, Feeds, State
from netcli.executors.numpy import leaf_values
from netcli.graph import Array, DType, Graph, Node, TensorType, Variable, op_of, placeholder, variable


def exact_and_bounds(graph: Graph, state: State, feeds: Feeds) -> tuple[dict[str, Array], dict[str, Array]]:
    """Outputs, and new values of variables under `update of LABEL`, in float64; and the errors that float32 may make."""
    wanted = {
        **graph.outputs,
        **{f"update of {op_of(target, Variable).label}": value for target, value in graph.updates.items()},
    }
    reference = Reference(list(wanted.values()), leaf_values(graph, state, feeds))
    return dict(zip(wanted, reference.values(), strict=True)), dict(zip(wanted, reference.bounds, strict=True))


def results(graph: Graph, state: State, feeds: Feeds, runner: Executor) -> dict[str, Array]:
    """The executor's outputs, and new values of variables under `update of LABEL`."""
    own = state.copy()
    outputs = runner.compile(graph).run(own, feeds)
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


def check_graph(runner: Executor, outputs: dict[str, Node], updates: dict[Node, Node] | None = None) -> None:
    """The outputs and updates are right, with empty lanes and without."""
    graph = Graph(outputs, updates or {})
    for batch in (40, 16):
        state, feeds = draw(graph, batch)
        assert_agrees(results(graph, state, feeds, runner), graph, state, feeds)
