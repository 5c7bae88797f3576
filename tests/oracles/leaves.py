"""The leaves of an expression that an oracle asks for: arrays that become placeholders and variables; and layouts."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from netcli.executors import Executor, State
from netcli.graph import Array, DType, Graph, Node, TensorType, op_of, placeholder, variable
from netcli.graph import Variable as VariableOp
from netcli.layers.building import Building, Store, Target

#: From an array as the oracle has it to the same as netcli has it: for a value per example, `(n, *shape)`.
Layout = Callable[[Array], Array]


class Inexpressible(Exception):
    """What is asked for is no part of netcli."""


def as_it_is(array: Array) -> Array:
    """A value for all examples; or one whose first axis is the batch."""
    return array


def by_example(array: Array) -> Array:
    """The first axis is the batch; a number is a batch of one."""
    return array if array.ndim else array[None]


def folded(keep: int) -> Layout:
    """All axes but the last `keep` are the batch."""
    return lambda array: array.reshape(-1, *array.shape[array.ndim - keep :])


def rows_along(axis: int) -> Layout:
    """One axis is that of the example, all others are the batch."""

    def rows(array: Array) -> Array:
        whole = array if array.ndim else array[None]
        return np.moveaxis(whole, axis, -1).reshape(-1, whole.shape[axis])

    return rows


class Leaves:
    """Placeholders and variables of one dtype, with their values."""

    def __init__(self, dtype: DType) -> None:
        self.dtype = dtype
        self.feeds: dict[str, Array] = {}
        self.values: dict[str, Array] = {}

    def varying(self, array: Array, dtype: DType | None = None) -> Node:
        """A value per example; whole numbers are int32."""
        name = f"x{len(self.feeds)}"
        kind = dtype or (self.dtype if array.dtype.kind == "f" else "int32")
        self.feeds[name] = np.ascontiguousarray(array, dtype=kind)
        return placeholder(name, TensorType(array.shape[1:], kind, varying=True))

    def uniform(self, array: Array) -> Node:
        """A value for all examples."""
        name = f"w{len(self.values)}"
        self.set(name, array)
        return variable(name, array.shape, lambda _, shape: np.zeros(shape), dtype=self.dtype)

    def set(self, name: str, array: Array) -> None:
        """The value of a variable, such as a layer's own."""
        self.values[name] = np.asarray(array)

    def building(self, *, training: bool = False) -> Building:
        """For one layer, whose variables are called `layer/…`."""
        seed, step = (
            variable(name, (), lambda _, shape: np.zeros(shape), dtype="uint32", trainable=False) for name in ("seed", "step")
        )
        target = placeholder("target", TensorType((), self.dtype, varying=True))
        return Building(Store(self.dtype), training, Target(target, None), seed, step, layer="layer")

    def run(self, executor: Executor, outputs: Mapping[str, Node]) -> dict[str, Array]:
        """The values of some nodes. Raises ExecutorError."""
        graph = Graph(dict(outputs))
        state = {}
        for node in graph.variables:
            label = op_of(node, VariableOp).label
            state[label] = np.array(self.values.get(label, np.zeros(node.shape)), dtype=node.type.dtype, order="C")
        feeds = {name: array for name, array in self.feeds.items() if name in graph.placeholders}
        return executor.compile(graph).run(State(state), feeds)
