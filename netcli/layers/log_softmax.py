"""The logarithm of softmax."""

from __future__ import annotations

from typing import ClassVar

from netcli.graph import Node
from netcli.layers.building import Building, class_scores
from netcli.layers.layer import Layer
from netcli.layers.outputs import Bounds, Form
from netcli.ops import log_softmax


class LogSoftmax(Layer):
    """Logarithm of softmax: x[i] - log Σ e^x[j]. cross_entropy after it uses these log-probabilities as they are."""

    word = "log_softmax"
    suits: ClassVar[str | None] = "glorot"
    gives: ClassVar[Form | None] = Form.LOG_PROBABILITIES

    def build(self, building: Building, x: Node) -> Node:
        """(classes,), kept."""
        class_scores(building, x, self.word)
        return log_softmax(x)

    def outputs_within(self, given: Bounds) -> Bounds:
        """Never above 0."""
        return Bounds(high=0.0)
