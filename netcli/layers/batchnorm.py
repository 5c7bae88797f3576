"""Batch normalisation."""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import Field

from netcli.graph import Node, Shape
from netcli.layers.building import Building, filled
from netcli.layers.scaling import Scaled, channels_of
from netcli.ops import batch_mean, reshape, sqrt, sum_over


class BatchNorm(Scaled):
    """Batch normalisation: each channel (or feature) to mean 0 and variance 1 over the batch, then a trained scale and shift.

    y = scale · (x - mean) / √(variance + epsilon) + shift. In training, mean and variance (divided by n) are of the batch,
    and running means of both are kept, running ← (1 - momentum) · running + momentum · batch; otherwise those are used.
    Ioffe and Szegedy, "Batch normalization", 2015.
    """

    word = "batchnorm"

    momentum: Annotated[float, Field(gt=0, le=1)] = 0.1
    """Weight of the batch in the running means."""

    epsilon: Annotated[float, Field(gt=0)] = 1e-5
    """Added to the variance."""

    def build(self, building: Building, x: Node) -> Node:
        """Images, channel by channel; or vectors, feature by feature."""
        size = channels_of(x, self.word)
        shape = (*size, 1, 1) if len(x.shape) == 3 else size
        running_mean = building.statistic("running_mean", size, filled(0.0))
        running_variance = building.statistic("running_variance", size, filled(1.0))
        if building.training:
            mean = _mean(x, shape)
            variance = _mean((x - mean) * (x - mean), shape)
            for running, batch in ((running_mean, mean), (running_variance, variance)):
                building.update(running, (1.0 - self.momentum) * running + self.momentum * reshape(batch, size))
        else:
            mean, variance = reshape(running_mean, shape), reshape(running_variance, shape)
        return self.rescaled(building, (x - mean) / sqrt(variance + self.epsilon), size)

    def least_batch(self, shape: Shape) -> int:
        """A single number is its own mean: what comes out of the layer is then the shift, whatever went in."""
        return 2 if math.prod(shape[1:]) == 1 else 1


def _mean(x: Node, shape: Shape) -> Node:
    """The mean over batch and image: uniform, `shape`."""
    if len(shape) == 1:
        return batch_mean(x)
    return batch_mean(sum_over(x, (-2, -1))) / float(x.shape[1] * x.shape[2])
