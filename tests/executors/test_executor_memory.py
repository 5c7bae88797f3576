"""What the reference executor keeps, and what it computes again."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType

import numpy as np

from netcli.executors import State, executor
from netcli.executors.numpy import values_of
from netcli.graph import Array, Graph, Node, Op, Sample, TensorType, placeholder


def run(graph: Graph, **feeds: Array) -> dict[str, Array]:
    return executor("numpy").compile(graph).run(State({}), feeds)


class Watch:
    """Counts arrays that live at the same time."""

    def __init__(self) -> None:
        self.references: list[weakref.ref[Array]] = []
        self.most = 0

    def add(self, array: Array) -> None:
        self.references.append(weakref.ref(array))
        self.most = max(self.most, sum(reference() is not None for reference in self.references))


@dataclass(frozen=True)
class Watched(Op):
    """The sum of its inputs."""

    watch: Watch
    number: int

    def infer(self, *types: TensorType) -> TensorType:
        return types[0]

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        result = np.sum(arrays, axis=0)
        self.watch.add(result)
        return result

    def flops(self, output: TensorType, *inputs: TensorType) -> int:
        return 0

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return ()


def test_values_are_let_go_after_their_last_use() -> None:
    watch = Watch()
    y = first = Node(Watched(watch, 0), (placeholder("x", TensorType((2,), "float64")),))
    for number in range(1, 50):
        y = Node(Watched(watch, number), (y,))
    feeds = {"x": np.ones(2)}
    run(Graph({"y": y}), **feeds)
    assert watch.most == 2  # an input and its result
    watch.most = 0
    total = Node(Watched(watch, 50), (y, first))
    run(Graph({"total": total}), **feeds)
    assert watch.most == 3  # the first one is needed until the end


def test_what_is_asked_for_is_kept_to_the_end() -> None:
    watch = Watch()
    nodes = [Node(Watched(watch, 0), (placeholder("x", TensorType((2,), "float64")),))]
    for number in range(1, 10):
        nodes.append(Node(Watched(watch, number), (nodes[-1],)))
    outputs = run(Graph({f"y{i}": node for i, node in enumerate(nodes)}), x=np.ones(2))
    assert len(outputs) == 10
    assert watch.most == 10


# ------------------------------------------------------------------------------------------------- values of any nodes


def test_given_values_are_not_computed() -> None:
    watch = Watch()
    x = placeholder("x", TensorType((2,), "float64"))
    hidden = Node(Watched(watch, 0), (x,))
    y = Node(Watched(watch, 1), (hidden, hidden))
    assert values_of([y, hidden], {x: np.ones(2)})[0].tolist() == [2, 2]
    assert len(watch.references) == 2
    assert values_of([y], {hidden: np.full(2, 5.0)})[0].tolist() == [10, 10]
    assert len(watch.references) == 3
    assert values_of([hidden, y], {hidden: np.full(2, 5.0), y: np.zeros(2)})[1].tolist() == [0, 0]
