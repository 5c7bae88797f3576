"""The gradient check of a model, in float64, on a batch of its data."""

from __future__ import annotations

from netcli.autodiff.gradcheck import Check, CheckSettings, check_graph
from netcli.executors.numpy import leaf_values, values_of
from netcli.graph import Graph
from netcli.training.session import Session


def check_model(session: Session, examples: int, settings: CheckSettings) -> list[Check]:
    """Check the objective (loss and penalties) with respect to every parameter, at the initial weights.

    The batch is the first `examples` of the training data; random operations are those of the first step. The session is
    one that was prepared in float64.
    """
    network = session.model.training
    graph = Graph({"objective": network.objective})
    train = session.data.train
    feeds = {"input": train.inputs[:examples], "target": train.targets[:examples]}
    typed = {label: feeds[label].astype(node.type.dtype) for label, node in graph.placeholders.items()}
    leaves = leaf_values(graph, session.initial_state(), typed)

    return check_graph(network.objective, session.model.parameters, leaves, values_of, settings)
