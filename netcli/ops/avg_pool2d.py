"""Average pooling and its gradient: linear, and each the other's transpose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType

from netcli.errors import GraphError
from netcli.graph import Array, Multilinear, Node, Sample, TensorType, varying
from netcli.ops.checks import check_floats, check_images
from netcli.ops.max_pool2d import pooled
from netcli.ops.window import SAMPLE_WINDOWS, Window


@dataclass(frozen=True)
class AvgPool2D(Multilinear):
    """The mean of every window over its places inside the image, not in the padding: varying `(c, h, w)` -> `(c, h', w')`."""

    window: Window

    def infer(self, *types: TensorType) -> TensorType:
        return pooled(self, self.window, types[0])

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        (x,) = arrays
        return self.window.gather(xp, x).sum(axis=-3) / _counts(xp, self.window, x.shape, x.dtype)

    def vjp(self, node: Node, g: Node) -> tuple[Node | None, ...]:
        _, h, w = node.inputs[0].shape
        return (Node(AvgPool2DGrad(self.window, (h, w)), (g,)),)

    def jvp(self, node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
        return tangents[0] and Node(self, (tangents[0],))

    def flops(self, output: TensorType, *inputs: TensorType) -> int:
        return output.size * self.window.size[0] * self.window.size[1]

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return [Sample(cls(window), (varying(2, 6, 5),)) for window in SAMPLE_WINDOWS]


@dataclass(frozen=True)
class AvgPool2DGrad(Multilinear):
    """Each cotangent divided evenly among the places of its window: varying `(c, h', w')` -> varying `(c, h, w)`."""

    window: Window
    image: tuple[int, int]

    def infer(self, *types: TensorType) -> TensorType:
        (g,) = types
        check_floats(self, g)
        check_images(self, g)
        result = g.with_shape((g.shape[0], *self.image))
        if pooled(self, self.window, result) != g:
            raise GraphError(f"{self.name} expected the cotangent of {result}, found {g}")
        return result

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        (g,) = arrays
        share = (g / _counts(xp, self.window, (*g.shape[:-2], *self.image), g.dtype))[..., None, :, :]
        taps = self.window.size[0] * self.window.size[1]
        return self.window.scatter(xp, xp.broadcast_to(share, (*share.shape[:-3], taps, *share.shape[-2:])), self.image)

    def vjp(self, node: Node, g: Node) -> tuple[Node | None, ...]:
        return (avg_pool2d(g, self.window),)

    def jvp(self, node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
        return tangents[0] and Node(self, (tangents[0],))

    def flops(self, output: TensorType, *inputs: TensorType) -> int:
        return inputs[0].size * self.window.size[0] * self.window.size[1]

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return [Sample(cls(window, (6, 5)), (varying(2, *window.places((6, 5))),)) for window in SAMPLE_WINDOWS]


def avg_pool2d(x: Node, window: Window) -> Node:
    """The mean of every window, over the places that lie in the image."""
    return Node(AvgPool2D(window), (x,))


def _counts(xp: ModuleType, window: Window, shape: Sequence[int], dtype: object) -> Array:
    """How many places of each window lie in the image: `(h', w')`."""
    return window.gather(xp, xp.ones(shape[-2:], dtype)).sum(axis=-3)
