"""Exercise: max-pooling over windows of 2x2, and the proof that its backward pass is right."""

from dataclasses import dataclass

from netcli.graph import Node, Piecewise, Sample, varying
from netcli.layers.layer import Layer
from netcli.ops import first_maximum, max_over, reshape, sum_over


@dataclass(frozen=True)
class MyMaxPool(Piecewise):
    """The maximum of each window of 2x2: varying (c, h, w) -> varying (c, h/2, w/2)."""

    def infer(self, *types):
        c, h, w = types[0].shape
        return types[0].with_shape((c, h // 2, w // 2))

    def forward(self, xp, *arrays):
        *n, h, w = arrays[0].shape
        return arrays[0].reshape(*n, h // 2, 2, w // 2, 2).max(axis=(-3, -1))

    def branches(self, *arrays):
        *n, h, w = arrays[0].shape
        windows = arrays[0].reshape(*n, h // 2, 2, w // 2, 2).swapaxes(-3, -2)
        return windows.reshape(*n, h // 2, w // 2, 4).argmax(axis=-1)

    def vjp(self, node, g):
        (x,) = node.inputs
        c, h, w = x.shape
        return (reshape(mask(x) * reshape(g, (c, h // 2, 1, w // 2, 1)), x.shape),)

    def jvp(self, node, tangents):
        (x,), (dx,) = node.inputs, tangents
        return dx and reshape(sum_over(mask(x) * in_windows(dx), (-3, -1)), node.shape)

    def flops(self, output, *inputs):
        return 3 * output.size

    @classmethod
    def samples(cls):
        return [Sample(cls(), (varying(2, 4, 6),))]


def in_windows(x):
    """(c, h, w) -> (c, h/2, 2, w/2, 2)."""
    c, h, w = x.shape
    return reshape(x, (c, h // 2, 2, w // 2, 2))


def mask(x):
    """1 where the first maximum of a window stands, else 0: in the first row with the greatest maximum, the first of them."""
    rows = max_over(in_windows(x), -1)
    return first_maximum(in_windows(x), -1) * first_maximum(rows, -3)


class MyMaxPoolLayer(Layer):
    """Max-pooling over windows of 2x2."""

    word = "my_maxpool"

    def build(self, building, x):
        return Node(MyMaxPool(), (x,))
