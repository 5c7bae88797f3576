"""Convolutions that kernels are tested on: their shapes, numbers, and images with zeros and canaries around them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from guarded import Floats, Guarded, varying

from netcli.executors.llvm.ir import Array, Layout
from netcli.executors.llvm.target import LANES
from netcli.ops.window import Window

NONE = (0, 0, 0, 0)
Halo = tuple[int, int, int, int]


@dataclass(frozen=True)
class Case:
    """A convolution, its image, how many blocks; `spare` is halo beyond what the kernels ask for: it is full of canaries."""

    channels: int
    filters: int
    groups: int
    image: tuple[int, int]
    window: Window
    blocks: int = 1
    spare: Halo = NONE
    name: str | None = None

    @property
    def x_shape(self) -> tuple[int, ...]:
        return (self.blocks * LANES, self.channels, *self.image)

    @property
    def g_shape(self) -> tuple[int, ...]:
        return (self.blocks * LANES, self.filters, *self.window.places(self.image))

    @property
    def w_shape(self) -> tuple[int, ...]:
        return (self.filters, self.channels // self.groups, *self.window.size)


def numbers(seed: int, shape: tuple[int, ...]) -> Floats:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def surrounded(values: Floats, halo: Halo, spare: Halo) -> tuple[Guarded, Callable[[Array], Array]]:
    """Images with zeros around them and canaries around these, and what makes an array of the images out of both."""
    top, bottom, left, right = halo
    padded = np.pad(values, [(0, 0), (0, 0), (top, bottom), (left, right)])
    layout = Layout.with_halo(values.shape[1:], tuple(a + b for a, b in zip(halo, spare, strict=True)))
    return varying(padded, spare), lambda array: Array(array.pointer, layout, varying=True)


def window(size: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> Window:
    return Window((size, size), (stride, stride), (padding,) * 4, (dilation, dilation))


def numbered(e, total, indices, block):
    """1000·n + 100·k + 10·i + j more, for channel k, row i, column j of block n."""
    k, i, j = indices
    number = e.add(e.add(e.mul(1000, block), e.mul(100, k)), e.add(e.mul(10, i), j))
    return e.b.fadd(total, e.splat(e.b.sitofp(e.index(number), total.type.element)))
