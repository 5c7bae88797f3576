"""Swish, with its derivative worked out by hand."""

from dataclasses import dataclass

from netcli.graph import Node
from netcli.layers.layer import Layer
from netcli.ops import sigmoid
from netcli.ops.elementwise import Unary


@dataclass(frozen=True)
class Swish(Unary):
    """x · σ(x)."""

    def forward(self, xp, *arrays):
        (x,) = arrays
        return x / (1 + xp.exp(-x))

    def derivative(self, node):
        (x,) = node.inputs
        s = sigmoid(x)
        return s + x * (1.0 - s)


class SwishLayer(Layer):
    """Swish: x · σ(x). Any shape, kept."""

    word = "swish"
    suits = "he"

    def build(self, building, x):
        return Node(Swish(), (x,))
