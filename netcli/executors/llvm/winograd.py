"""Winograd's algorithms as operations of this executor, and the rewrite that puts them into a graph where they pay.

    conv2d(x, w)               -> winograd_conv2d(x, winograd_filter(w))
    conv2d_input_grad(w, g)    -> winograd_conv2d(g, winograd_filter(w) rotated), g the images
    conv2d_weight_grad(x, g)   -> winograd_weight_grad(x, g)

The filters are transformed once in a step, in a uniform phase. NETCLI_WINOGRAD=off leaves every convolution as it is.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType

import numpy as np

from netcli.errors import UsageError
from netcli.executors.llvm.kernels.winograd import Form, turned_around
from netcli.executors.llvm.kernels.winograd_choice import (
    Convolution,
    winograd_conv2d_form,
    winograd_input_grad_form,
    winograd_serves,
    winograd_weight_grad_form,
)
from netcli.executors.llvm.target import Cpu
from netcli.graph import Array, Graph, Node, Op, Sample, TensorType
from netcli.ops.conv2d import Conv2D, Conv2DInputGrad, Conv2DWeightGrad
from netcli.ops.window import Window
from netcli.passes.rewriting import rewrite

_SWITCH = "NETCLI_WINOGRAD"


def winograd_allowed() -> bool:
    """Whether convolutions may be computed by Winograd's algorithms. Raises UsageError."""
    asked = os.environ.get(_SWITCH) or "auto"
    if asked not in {"auto", "off"}:
        raise UsageError(f'{_SWITCH} is auto or off, found "{asked}"')
    return asked == "auto"


@dataclass(frozen=True)
class WinogradFilter(Op):
    """G w Gᵀ of filters w `(k, c, 3, 3)`, uniform -> `(k, points, c)`; if rotated, of w turned by 180°, `(c, points, k)`."""

    form: Form
    rotated: bool = False

    def infer(self, *types: TensorType) -> TensorType:
        (w,) = types
        k, c = (w.shape[1], w.shape[0]) if self.rotated else w.shape[:2]
        return w.with_shape((k, self.form.points, c))

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        (w,) = arrays
        turned = xp.swapaxes(w, 0, 1)[..., ::-1, ::-1] if self.rotated else w
        g = xp.asarray(self.form.of_filter, dtype=w.dtype)
        points = xp.einsum("ir,kcrs,js->kijc", g, turned, g)
        return xp.reshape(points, (points.shape[0], -1, points.shape[-1]))

    def flops(self, output: TensorType, *inputs: TensorType) -> int:
        return output.size

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return []


@dataclass(frozen=True)
class WinogradConv2D(Op):
    """conv2d of stride 1: varying x `(c, h, w)`, transformed filters `(k, points, c)` -> varying `(k, h', w')`."""

    form: Form
    window: Window

    def infer(self, *types: TensorType) -> TensorType:
        x, u = types
        return x.with_shape((u.shape[0], *self.window.places((x.shape[1], x.shape[2]))))

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        x, u = arrays
        places = self.window.places((x.shape[-2], x.shape[-1]))
        images = _transformed(xp, _tiles(xp, self.form, self.window, x), self.form.of_image)
        filters = xp.reshape(u, (u.shape[0], self.form.reach, self.form.reach, u.shape[-1]))
        sums = xp.einsum("kijc,nchwij->nkhwij", filters, images)
        results = xp.moveaxis(_transformed(xp, sums, self.form.to_places), 4, 3)  # (n, k, h, i, w, j)
        rows, columns = (results.shape[at] * self.form.places for at in (2, 4))
        return xp.reshape(results, (*results.shape[:2], rows, columns))[..., : places[0], : places[1]]

    def flops(self, output: TensorType, *inputs: TensorType) -> int:
        """Of the direct convolution."""
        return 2 * output.size * 9 * inputs[0].shape[0]

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return []


@dataclass(frozen=True)
class WinogradWeightGrad(Op):
    """conv2d_weight_grad of varying x `(c, h, w)` and g `(k, h', w')` -> uniform `(k, c, 3, 3)`; windows of stride 1."""

    form: Form
    window: Window

    def infer(self, *types: TensorType) -> TensorType:
        x, g = types
        return TensorType((g.shape[0], x.shape[0], 3, 3), x.dtype)

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        x, g = arrays
        m, (rows, columns) = self.form.places, g.shape[-2:]
        images = _transformed(xp, _tiles(xp, self.form, self.window, x), self.form.of_image)
        grid = (*g.shape[:2], *images.shape[2:4])
        whole = xp.pad(g, ((0, 0), (0, 0), (0, grid[2] * m - rows), (0, grid[3] * m - columns)))
        cotangents = xp.swapaxes(xp.reshape(whole, (*grid[:3], m, grid[3], m)), 3, 4)  # (n, k, h, w, i, j)
        sums = xp.einsum("nkhwij,nchwij->kcij", _transformed(xp, cotangents, self.form.of_places), images)
        to_filter = xp.asarray(self.form.to_filter, dtype=x.dtype)
        return xp.einsum("ri,kcij,sj->kcrs", to_filter, sums, to_filter)

    def flops(self, output: TensorType, *inputs: TensorType) -> int:
        """Of the direct gradient."""
        return 2 * inputs[1].size * 9 * inputs[0].shape[0]

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return []


def _tiles(xp: ModuleType, form: Form, window: Window, x: Array) -> Array:
    """The pixels that each tile meets, zeros where there are none: `(n, c, h, w)` -> `(n, c, h", w", reach, reach)`."""
    top, bottom, left, right = window.padding
    counts = [-(-n // form.places) for n in window.places((x.shape[-2], x.shape[-1]))]
    beyond = [count * form.places + 2 - n for count, n in zip(counts, x.shape[-2:], strict=True)]
    around = ((0, 0), (0, 0), (top, max(bottom, beyond[0] - top)), (left, max(right, beyond[1] - left)))
    image = xp.pad(x, around)
    starts = [np.arange(count)[:, None] * form.places + np.arange(form.reach) for count in counts]
    return xp.swapaxes(image[..., starts[0], :][..., starts[1]], 3, 4)


def _transformed(xp: ModuleType, values: Array, matrix: Sequence[Sequence[float]]) -> Array:
    """`matrix · values · matrixᵀ` along the last two axes."""
    factor = xp.asarray(matrix, dtype=values.dtype)
    return xp.einsum("pi,nchwij,qj->nchwpq", factor, values, factor)


def with_winograd(graph: Graph, cpu: Cpu, blocks: int) -> Graph:
    """The same graph, its convolutions by Winograd's algorithms where these take less time on this CPU, for so many blocks."""

    def replaced(node: Node, inputs: tuple[Node, ...]) -> Node:
        return _by_winograd(node, inputs, cpu, blocks) or (node if inputs == node.inputs else Node(node.op, inputs))

    return rewrite(graph, replaced)


def _by_winograd(node: Node, inputs: tuple[Node, ...], cpu: Cpu, blocks: int) -> Node | None:
    """What stands for a convolution or one of its gradients, or None where that pays for none, or does not exist."""
    if not isinstance(node.op, Conv2D | Conv2DInputGrad | Conv2DWeightGrad) or not winograd_serves(
        node.op.window, node.op.groups
    ):
        return None
    window, (x, y) = node.op.window, inputs
    match node.op:
        case Conv2D() if form := winograd_conv2d_form(cpu, _convolution(x, y.shape[0], window, blocks)):
            return Node(WinogradConv2D(form, window), (x, Node(WinogradFilter(form), (y,))))
        case Conv2DInputGrad() if form := winograd_input_grad_form(cpu, _convolution(node, x.shape[0], window, blocks)):
            return Node(WinogradConv2D(form, turned_around(window)), (y, Node(WinogradFilter(form, rotated=True), (x,))))
        case Conv2DWeightGrad() if form := winograd_weight_grad_form(cpu, _convolution(x, y.shape[0], window, blocks)):
            return Node(WinogradWeightGrad(form, window), (x, y))
    return None


def _convolution(image: Node, filters: int, window: Window, blocks: int) -> Convolution:
    channels, rows, columns = image.shape
    return Convolution(channels, filters, (rows, columns), window, blocks)
