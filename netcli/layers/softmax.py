"""Softmax."""

from __future__ import annotations

from typing import ClassVar

from netcli.graph import Node
from netcli.layers.building import Building, class_scores
from netcli.layers.layer import Layer
from netcli.layers.outputs import Bounds, Form
from netcli.ops import softmax


class Softmax(Layer):
    """Softmax: e^x[i] / Σ e^x[j], probabilities of the classes.

    In front of cross_entropy it is the normal way to end a classifier: the loss is then computed from the logits, so that no
    precision is lost, and the probabilities are what the network predicts.
    """

    word = "softmax"
    suits: ClassVar[str | None] = "glorot"
    gives: ClassVar[Form | None] = Form.CLASS_PROBABILITIES

    def build(self, building: Building, x: Node) -> Node:
        """(classes,), kept."""
        class_scores(building, x, self.word)
        return softmax(x)

    def outputs_within(self, given: Bounds) -> Bounds:
        """Between 0 and 1."""
        return Bounds(0.0, 1.0)
