"""The graphs of a network as a person looks at them."""

from __future__ import annotations

from typing import Literal

from netcli.analysis.inspect.roles import GRADIENT
from netcli.autodiff import gradients
from netcli.graph import Graph, Variable, op_of
from netcli.layers.stack import Model

#: How much of the training step is looked at.
View = Literal["forward", "backward", "step"]


def view_of(model: Model, step: Graph, view: View) -> Graph:
    """The graph to look at: loss and metrics; with the gradients of all parameters; or the whole step with them too.

    Gradients are outputs `gradients/LABEL`, so that they can be told in any of its forms, also after passes. The objective
    is an output of its own where penalties make it another value than the loss.
    """
    network = model.training
    outputs = dict(network.outputs)
    if network.objective is not network.loss:
        outputs["objective"] = network.objective
    if view == "forward":
        return Graph(outputs)
    # nodes are hash-consed: differentiating again gives the nodes that the step was built from
    found = gradients([network.objective], model.parameters)
    named = {GRADIENT + op_of(w, Variable).label: g for w, g in zip(model.parameters, found, strict=True)}
    if view == "backward":
        return Graph(outputs | named)
    return Graph(outputs | dict(step.outputs) | named, step.updates)
