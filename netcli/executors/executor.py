"""The contract of an executor: a graph in, a program out; a program runs batches and keeps the state.

One folder under `netcli/executors` is one executor, found there by itself.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from zlib import crc32

import numpy as np

from netcli.errors import ExecutorError
from netcli.graph import Array, Graph, Node, Variable, op_of

#: Arrays by the label of the placeholder that they feed, the batch first.
Feeds = Mapping[str, Array]


#: Is told, while something is prepared, how many pieces of it are made, and how many there are.
Told = Callable[[int, int], None]


def nobody(made: int, of: int) -> None:
    """Nobody is told."""


@dataclass(frozen=True)
class State:
    """The values of the variables, by name. The arrays are C-contiguous and belong to the state; programs write into them."""

    values: dict[str, Array]

    def copy(self) -> State:
        """A state of its own arrays."""
        return State({name: value.copy() for name, value in self.values.items()})


def initial_state(variables: Iterable[Node], seed: int) -> State:
    """First values. Each variable has its own generator, of the seed and its name: adding a layer changes no other."""
    values = {}
    for node in variables:
        variable = op_of(node, Variable)
        generator = np.random.default_rng(np.random.SeedSequence([seed, crc32(variable.label.encode())]))
        value = np.asarray(variable.initial(generator, node.shape))
        assert value.shape == node.shape, f"{variable.label} wants {node.shape}, its initializer made {value.shape}"
        values[variable.label] = np.array(value, dtype=node.type.dtype, order="C")
    return State(values)


@dataclass(frozen=True)
class Spent:
    """The seconds that a piece of work took in a step, those of all threads added up.

    A kernel (kind `nodes`) computes `nodes`, first the one that it is made for; a node may be computed by several.
    The other kinds are `gather` (the examples out of the data; `nodes` is what is computed on the way), `sums` (of the parts of
    a batch), `wait` (for other threads) and `finish` (outputs and guards).
    """

    kind: Literal["nodes", "gather", "sums", "wait", "finish"]
    nodes: tuple[Node, ...]
    seconds: float


@dataclass(frozen=True)
class Profile:
    """Where the time of some steps went, for one of them: `seconds` on the clock, which each of `threads` threads had."""

    seconds: float
    threads: int
    spent: tuple[Spent, ...]


class Program(ABC):
    """A compiled graph."""

    @abstractmethod
    def prepare(self, examples: int, told: Told = nobody) -> None:
        """Do now what else the first batch of so many examples would have to wait for. KeyboardInterrupt ends it."""

    @abstractmethod
    def run(self, state: State, feeds: Feeds) -> dict[str, Array]:
        """Run one batch: return the outputs by name and write the updates into the state.

        A scalar among the outputs named in `guards` (see Executor.compile) that is not finite keeps the state as it was.
        """

    @abstractmethod
    def steps(
        self, state: State, data: Feeds, batches: Sequence[Array], asked: Callable[[], bool] = lambda: False
    ) -> Iterator[dict[str, Array]]:
        """Run one step per batch, each an array of indices of the examples in `data`; yield each step's outputs.

        Raises ExecutorError, before the first step, for an example that the data have not got.
        A guard that is not finite ends the steps: its outputs are the last ones yielded, and the state is that before it.
        They also end, soon, when `asked()` is true. An executor may run several steps at a time: the state is that after the
        last outputs yielded when the iterator is exhausted, and not before.
        """

    @abstractmethod
    def profile(self, state: State, data: Feeds, batches: Sequence[Array]) -> Profile:
        """Run steps, at least one, as `steps` does, with a clock on each piece of work, which takes time of its own."""

    @abstractmethod
    def text(self, stage: str, examples: int) -> str:
        """A stage of the way from the graph to what runs, one of the executor's `stages`, for batches of so many examples."""


class Executor(ABC):
    """A way to run graphs."""

    name: str
    #: What `Program.text` can show, in the order of the work.
    stages: Sequence[str]

    @property
    @abstractmethod
    def fingerprint(self) -> str:
        """What the last bits of its results depend on, in words: versions, instruction set, threads.

        With another fingerprint a resumed training is as good, but may not be the same to the last bit.
        """

    @abstractmethod
    def compile(self, graph: Graph, guards: Sequence[str] = ()) -> Program:
        """Prepare a graph; `guards` are outputs that must be finite for a step's updates to be applied.

        Raises ExecutorError, naming the node, when the executor cannot serve it.
        """

    @abstractmethod
    def peak(self) -> float | None:
        """The most floating-point operations a second that its threads reach, measured now; None if that is not known."""


def check_feeds(graph: Graph, feeds: Feeds) -> None:
    """Every placeholder is fed, with its dtype and shape, one batch size for all. Raises ExecutorError."""
    sizes = set()
    for label, node in graph.placeholders.items():
        if label not in feeds:
            raise ExecutorError(f"the graph needs {label}, {node.type}, and it was not fed")
        found = feeds[label]
        first = 1 if node.type.varying else 0  # the axis after the batch
        if found.ndim != first + len(node.shape) or found.shape[first:] != node.shape or found.dtype != node.type.dtype:
            raise ExecutorError(f"{label} is {node.type}, and was fed {found.dtype}[{','.join(map(str, found.shape))}]")
        if node.type.varying:
            sizes.add(len(found))
    if len(sizes) > 1 or 0 in sizes:
        raise ExecutorError(f"the feeds of one batch have one length, at least 1, found {sorted(sizes)}")


def check_data(graph: Graph, data: Feeds, batches: Sequence[Array]) -> None:
    """Raise ExecutorError for data that do not fit the graph, and for indices of examples that the data have not got."""
    varying = [label for label, node in graph.placeholders.items() if node.type.varying]
    check_feeds(graph, {label: array[:1] if label in varying else array for label, array in data.items()})
    examples = min((len(data[label]) for label in varying), default=None)
    for indices in batches:
        if not len(indices):
            raise ExecutorError("a batch has at least one example, found none")
        outside = (indices < 0) | (indices >= examples) if examples is not None else np.zeros(1, bool)
        if outside.any():
            raise ExecutorError(f"a batch has example {indices[outside][0]} of data with {examples} examples, from 0 on")
