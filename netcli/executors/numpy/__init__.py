"""The reference executor: each node's `forward`, one after the other, with numpy. Slow, obvious, in float32 or float64.

Every other executor is tested against it.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from netcli.errors import ExecutorError
from netcli.executors.executor import Executor, Feeds, Profile, Program, Spent, State, Told, check_data, check_feeds, nobody
from netcli.graph import Array, Graph, Node, Variable, op_of, text, topological

#: What limits the threads of the matrix libraries that numpy may be built with; read when numpy is imported.
THREAD_VARIABLES = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "OMP_NUM_THREADS")


class NumpyExecutor(Executor):
    """Interprets the graph."""

    name = "numpy"
    stages = ("graph",)

    @property
    def fingerprint(self) -> str:
        """numpy, and the threads of its matrix library: OpenBLAS adds up in another order on another number of them."""
        limit = next((os.environ[name] for name in THREAD_VARIABLES if os.environ.get(name)), "all")
        return f"numpy {np.__version__} on {platform.machine()}, {os.cpu_count()} cores, {limit} threads"

    def compile(self, graph: Graph, guards: Sequence[str] = ()) -> Program:
        """Find out when each value is used last; nothing is compiled."""
        return NumpyProgram(graph, guards)

    def peak(self) -> float | None:
        """Not known: matrix products reach another one than everything else."""
        return None


class NumpyProgram(Program):
    """A graph and, for each node, the values that nobody needs after it."""

    def __init__(self, graph: Graph, guards: Sequence[str]) -> None:
        self.graph, self.guards = graph, tuple(guards)
        self._unneeded = _last_uses(graph)

    def prepare(self, examples: int, told: Told = nobody) -> None:
        """Nothing is left to do."""

    def run(self, state: State, feeds: Feeds) -> dict[str, Array]:
        """Run one batch."""
        return self._run(state, feeds, _Clock())

    def _run(self, state: State, feeds: Feeds, clock: _Clock) -> dict[str, Array]:
        """Run one batch, and tell the clock of each node."""
        check_feeds(self.graph, feeds)
        values: dict[Node, Array] = {}
        for node, value in evaluate(self.graph.nodes, leaf_values(self.graph, state, feeds), values):
            values[node] = value
            clock.computed(node)
            for unneeded in self._unneeded[node]:
                del values[unneeded]
        # copies, since a value may be part of the state: what one update writes, no other one and no output sees
        outputs = {name: np.array(values[node]) for name, node in self.graph.outputs.items()}
        if self._is_finite(outputs):
            new = {op_of(target, Variable).label: np.array(values[node]) for target, node in self.graph.updates.items()}
            for label, value in new.items():
                state.values[label][...] = value
        return outputs

    def steps(
        self, state: State, data: Feeds, batches: Sequence[Array], asked: Callable[[], bool] = lambda: False
    ) -> Iterator[dict[str, Array]]:
        """Gather and run, batch by batch."""
        check_data(self.graph, data, batches)
        for indices in batches:
            outputs = self.run(state, self._gathered(data, indices))
            yield outputs
            if asked() or not self._is_finite(outputs):
                return

    def profile(self, state: State, data: Feeds, batches: Sequence[Array]) -> Profile:
        """Run steps, node by node."""
        check_data(self.graph, data, batches)
        clock = _Clock()
        for indices in batches:
            feeds = self._gathered(data, indices)
            clock.gathered()
            outputs = self._run(state, feeds, clock)
            clock.finished()
            if not self._is_finite(outputs):
                break
        return clock.profile()

    def text(self, stage: str, examples: int) -> str:
        """The graph: nothing else is made of it."""
        assert stage in NumpyExecutor.stages, stage
        return text(self.graph)

    def _gathered(self, data: Feeds, indices: Array) -> Feeds:
        used = {label: node.type.varying for label, node in self.graph.placeholders.items()}
        return {label: data[label][indices] if varying else data[label] for label, varying in used.items()}

    def _is_finite(self, outputs: Mapping[str, Array]) -> bool:
        return all(np.isfinite(outputs[name]).all() for name in self.guards)


class _Clock:
    """The time between one event and the next, added up by what it was spent on."""

    def __init__(self) -> None:
        self._begun = self._last = time.perf_counter()
        self._gather = self._finish = 0.0
        self._nodes: dict[Node, float] = {}
        self._steps = 0

    def _passed(self) -> float:
        last, self._last = self._last, time.perf_counter()
        return self._last - last

    def gathered(self) -> None:
        """The batch is there."""
        self._gather += self._passed()

    def computed(self, node: Node) -> None:
        """A node's value is there."""
        self._nodes[node] = self._nodes.get(node, 0.0) + self._passed()

    def finished(self) -> None:
        """Outputs and updates are written: a step is done."""
        self._finish += self._passed()
        self._steps += 1

    def profile(self) -> Profile:
        """All of it, for one step."""
        spent = [Spent("nodes", (node,), seconds / self._steps) for node, seconds in self._nodes.items() if node.inputs]
        spent += [Spent("gather", (), self._gather / self._steps), Spent("finish", (), self._finish / self._steps)]
        return Profile((self._last - self._begun) / self._steps, 1, tuple(spent))


def leaf_values(graph: Graph, state: State, feeds: Feeds) -> dict[Node, Array]:
    """The values of a graph's placeholders and variables. Raises ExecutorError for a variable that the state does not have."""
    values = {node: feeds[label] for label, node in graph.placeholders.items()}
    for node in graph.variables:
        label = op_of(node, Variable).label
        if label not in state.values:
            raise ExecutorError(f"the state has no value of {label}")
        values[node] = state.values[label]
    return values


def evaluate(nodes: Sequence[Node], leaves: Mapping[Node, Array], values: Mapping[Node, Array]) -> Iterator[tuple[Node, Array]]:
    """The value of each node in turn, inputs before users; the caller keeps what it needs in `values`.

    Infinities and NaNs are values like others here: training looks for them and says where they came from.
    """
    with np.errstate(all="ignore"):
        for node in nodes:
            if node in leaves:
                value = leaves[node]
            else:
                value = np.asarray(node.op.forward(np, *(values[x] for x in node.inputs)))
                if value.dtype != node.type.dtype:
                    raise ExecutorError(f"{node!r} computed {value.dtype}")
            yield node, value


def values_of(nodes: Sequence[Node], given: Mapping[Node, Array]) -> list[Array]:
    """The values of some nodes, from given ones: of the leaves that they need, and of any others, which are not computed."""
    values = dict(given)
    for node, value in evaluate(topological(nodes, known=given), given, values):
        values[node] = value  # noqa: PERF403 - the next value may need it
    return [values[node] for node in nodes]


def _last_uses(graph: Graph) -> dict[Node, tuple[Node, ...]]:
    """For each node, the inputs that it is the last to use; outputs and updates are used at the end."""
    kept = {*graph.outputs.values(), *graph.updates.values()}
    last: dict[Node, Node] = {}
    for node in graph.nodes:
        for x in node.inputs:
            last[x] = node
    unneeded: dict[Node, list[Node]] = {node: [] for node in graph.nodes}
    for x, node in last.items():
        if x not in kept:
            unneeded[node].append(x)
    return {node: tuple(found) for node, found in unneeded.items()}
