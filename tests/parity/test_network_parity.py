"""Whole networks give torch's predictions, losses and derivatives."""

from __future__ import annotations

import pytest
from members.layers.batchnorm import batchnorm
from members.layers.conv import conv
from members.layers.layernorm import layernorm
from members.layers.maxpool import maxpool
from peer import F, Tensor, parity, torch
from support.members import NetworkVariant, Weights
from support.peers import dropped, softmax

LENET = """
  conv: {filters: 6, kernel: 5, padding: 2}, tanh, avgpool: 2, conv: {filters: 16, kernel: 5}, tanh, avgpool: 2, flatten,
  dense: 20, tanh, dense: 12, tanh, dense: 10, softmax, cross_entropy"""


def lenet(w: Weights, x: Tensor, y: Tensor) -> dict[str, Tensor]:
    """LeNet-5 with narrower dense layers."""
    x = F.avg_pool2d(torch.tanh(F.conv2d(x, w["conv1/weight"], w["conv1/bias"], padding=2)), 2)
    x = F.avg_pool2d(torch.tanh(F.conv2d(x, w["conv2/weight"], w["conv2/bias"])), 2).flatten(1)
    for name in ("dense1", "dense2", "dense3"):
        x = F.linear(x if name == "dense1" else torch.tanh(x), w[f"{name}/weight"].T, w[f"{name}/bias"])
    return {"prediction": softmax(x), "loss": F.cross_entropy(x, y)}


MIXED = """
  conv: {filters: 4, padding: same, bias: false}, batchnorm, relu, dropout: 0.2, conv: {filters: 8, stride: 2, groups: 2},
  layernorm, leaky_relu: 0.1, maxpool: {size: 2, stride: 1}, reshape: [8, -1], flatten, dropout: 0.4, dense: 5, gelu, dense: 3,
  log_softmax, cross_entropy: {label_smoothing: 0.1}"""


def mixed(w: Weights, x: Tensor, y: Tensor, training: bool = True) -> dict[str, Tensor]:
    """Normalisations, two dropouts, a penalty on all weights."""
    x = batchnorm(training)(w, conv("same")(w, x))
    x = dropped(0.2)(w, F.relu(x)) if training else F.relu(x)
    x = F.conv2d(x, w["conv2/weight"], w["conv2/bias"], stride=2, groups=2)
    x = maxpool((2, 2), (1, 1))(w, F.leaky_relu(layernorm()(w, x), 0.1)).flatten(1)
    x = dropped(0.4, 2)(w, x) if training else x
    x = F.gelu(x @ w["dense1/weight"] + w["dense1/bias"]) @ w["dense2/weight"] + w["dense2/bias"]
    squares = sum((value**2).sum() for name, value in w.items() if name.endswith("weight"))
    return {"prediction": softmax(x), "loss": F.cross_entropy(x, y, label_smoothing=0.1) + 0.01 * squares}


def evaluated(w: Weights, x: Tensor, y: Tensor) -> dict[str, Tensor]:
    """The same without what belongs to training."""
    return mixed(w, x, y, training=False)


NETWORKS = [
    NetworkVariant(LENET, (1, 16, 16), lenet, classes=10, batch=8),
    NetworkVariant(MIXED, (2, 8, 7), mixed, classes=3, weight_decay=0.02, batch=6),
    NetworkVariant(MIXED, (2, 8, 7), evaluated, classes=3, weight_decay=0.02, batch=6, training=False),
]


@pytest.mark.parametrize("network", NETWORKS, ids=str)
def test_equals_torch(network: NetworkVariant) -> None:
    parity(network)
