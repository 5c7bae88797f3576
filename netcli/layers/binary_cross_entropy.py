"""Binary cross-entropy."""

from __future__ import annotations

from netcli.graph import Node
from netcli.layers.building import Building
from netcli.layers.layer import Loss
from netcli.layers.values import mean_of, target_values
from netcli.ops import greater, select, sigmoid, softplus
from netcli.ops.sigmoid import Sigmoid


class BinaryCrossEntropy(Loss):
    """Binary cross-entropy: -y · log p - (1 - y) · log(1 - p), the mean over outputs and batch.

    After sigmoid, the loss is computed from sigmoid's own input z (the logits), as log(1 + e^z) - y · z: the same value, but
    finite and exact for any z; the sigmoid stays as the prediction. After any other layer, its output is taken for logits.
    The target is the label of two classes (one output, the probability of the second), or a value of 0 to 1 per output.
    Metric: accuracy.
    """

    word = "binary_cross_entropy"

    def build(self, building: Building, x: Node) -> Node:
        """(outputs,) -> one number."""
        y = target_values(building.target, x, self.word, binary=True)
        z = x.inputs[0] if isinstance(x.op, Sigmoid) else x
        right = greater(y, 0.5)
        hit = select(greater(z, 0.0), select(right, y * 0.0 + 1.0, 0.0), select(right, y * 0.0, 1.0))
        building.predicts(x if isinstance(x.op, Sigmoid) else sigmoid(x), accuracy=mean_of(hit))
        return mean_of(softplus(z) - y * z)
