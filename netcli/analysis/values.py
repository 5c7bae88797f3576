"""What flows through a graph: the value of every node for one batch."""

from __future__ import annotations

import numpy as np

from netcli.executors import Executor, Feeds, State
from netcli.graph import Array, Graph, Node
from netcli.training.session import Session


def first_batch(session: Session, examples: int | None = None) -> Feeds:
    """The first batch that training sees, input and target; or so many of its examples, as far as there are."""
    indices = session.batches(0)[0][:examples]
    return {label: array[indices] for label, array in session.train_data.items()}


def values_of(graph: Graph, state: State, feeds: Feeds, runner: Executor) -> dict[Node, Array]:
    """The values of all nodes of a graph: (n, *shape) of a varying one, (*shape) of a uniform one. The state stays as it is.

    Every node is an output, so an executor that fuses operations computes each by itself here.
    """
    program = runner.compile(Graph({str(number): node for number, node in enumerate(graph.nodes)}))
    fed = {label: np.asarray(feeds[label]) for label in graph.placeholders}
    outputs = program.run(state.copy(), fed)
    return {node: outputs[str(number)] for number, node in enumerate(graph.nodes)}
