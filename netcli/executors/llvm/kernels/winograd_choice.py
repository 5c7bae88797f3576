"""Which algorithm a convolution is computed by: directly, or by one of Winograd's.

Everything is counted in `slots`, multiply-adds of a register, for a block of sixteen examples. All instructions of a
transform count; a store counts twice, since no CPU begins more than half as many stores as loads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from netcli.executors.llvm.kernels.conv2d_views import Axis
from netcli.executors.llvm.kernels.winograd_forms import F2, F4, Form, Matrix
from netcli.executors.llvm.kernels.winograd_forward import best_tile, product_slots, turned_around
from netcli.executors.llvm.kernels.winograd_tiles import Grid
from netcli.executors.llvm.kernels.winograd_weight_grad import best_channels, example_slots, tiles_of_round
from netcli.executors.llvm.target import LANES, Cpu
from netcli.ops.window import Window

_TAPS = 9
#: What transposes sixteen values: 64 shuffles; half of them cross the halves of a register, which AVX2 takes a few slots for.
_SHUFFLES = 12 * LANES
#: A number that is loaded into, or stored from, one lane of a register.
_SINGLE = 1.5
#: How much faster it must be to be worth its code, which takes ten times as long to compile.
_WORTH = 1.15


@dataclass(frozen=True)
class Convolution:
    """What the choice depends on: the images, how many filters, how many blocks a step has."""

    channels: int
    filters: int
    image: tuple[int, int]
    window: Window
    blocks: int = 4

    @property
    def places(self) -> tuple[int, int]:
        """Rows and columns of the result."""
        return self.window.places(self.image)

    @property
    def turned(self) -> Convolution:
        """The convolution of the cotangent that is the input gradient."""
        return Convolution(self.filters, self.channels, self.places, turned_around(self.window), self.blocks)


Cost = Callable[[Cpu, Convolution, Form], float]


def winograd_serves(window: Window, groups: int) -> bool:
    """Whether there are Winograd kernels for this window."""
    return groups == 1 and window.size == (3, 3) and window.stride == window.dilation == (1, 1) and max(window.padding) <= 2


def winograd_conv2d_form(cpu: Cpu, conv: Convolution) -> Form | None:
    """The form that pays most for the forward pass, or None where the direct convolution is faster."""
    return _cheapest(cpu, conv, convolution_slots)


def winograd_input_grad_form(cpu: Cpu, conv: Convolution) -> Form | None:
    """The same for the input gradient of this convolution."""
    return _cheapest(cpu, conv.turned, convolution_slots)


def winograd_weight_grad_form(cpu: Cpu, conv: Convolution) -> Form | None:
    """The same for the weight gradient."""
    return _cheapest(cpu, conv, weight_grad_slots)


@cache
def _cheapest(cpu: Cpu, conv: Convolution, cost: Cost) -> Form | None:
    best, least = None, direct_slots(cpu, conv) / _WORTH
    for form in (F2, F4):
        slots = cost(cpu, conv, form)
        if slots < least:
            best, least = form, slots
    return best


def direct_slots(cpu: Cpu, conv: Convolution) -> float:
    """The direct convolution, and its weight gradient: products at every place and tap that meet in the image."""
    met = 1
    for axis in (0, 1):
        places = Axis(-conv.window.padding[2 * axis], 1, 1, conv.image[axis])
        met *= sum(len(places.taps_met(i, 1, 3)) for i in range(conv.places[axis]))
    tile = best_tile(cpu, conv.filters, conv.channels)
    return met * product_slots(cpu, tile, conv.filters, conv.channels, stores=1 / _TAPS)


def convolution_slots(cpu: Cpu, conv: Convolution, form: Form) -> float:
    """Every tile: its image transformed, the products at all points, its sums transformed back; and a part of the filters."""
    c, k = conv.channels, conv.filters
    products = product_slots(cpu, best_tile(cpu, k, c), k, c)
    tile = c * _transform_slots(cpu, form.of_image) + form.points * products + k * _transform_slots(cpu, form.to_places)
    return Grid(form, *conv.places).count * tile + filter_slots(cpu, conv, form) / conv.blocks


def filter_slots(cpu: Cpu, conv: Convolution, form: Form) -> float:
    """The filters, sixteen channels at a time, whose taps are loaded one by one."""
    sixteen = _transform_slots(cpu, form.of_filter) + _TAPS * LANES * _SINGLE
    return conv.filters * -(-conv.channels // LANES) * sixteen


def weight_grad_slots(cpu: Cpu, conv: Convolution, form: Form) -> float:
    """Every tile: image and cotangents transformed, these transposed before, products; every round's sums transformed back."""
    vectors, parts = -(-conv.filters // LANES), LANES // cpu.width
    transposed = parts * (_SHUFFLES + 3 * LANES)
    cotangents = form.places**2 * transposed + LANES * _transform_slots(cpu, form.of_places)
    products = form.points * LANES * example_slots(cpu, best_channels(cpu, conv.channels), conv.channels)
    tile = conv.channels * _transform_slots(cpu, form.of_image) + vectors * (cotangents + products)
    count = Grid(form, *conv.places).count
    filters = conv.channels * (_transform_slots(cpu, form.to_filter) + _TAPS * (transposed / LANES + 4 * parts))
    rounds = max(1.0, count * conv.blocks / tiles_of_round(form)) / conv.blocks
    return count * tile + rounds * vectors * filters


def _transform_slots(cpu: Cpu, matrix: Matrix) -> float:
    """`matrix · values · matrixᵀ` of sixteen lanes: loads, operations, stores, and as many moves between the products.

    Opposite rows share their sums, so that there are about two operations for three numbers of the matrix that are not 0.
    """
    rows, columns = len(matrix), len(matrix[0])
    operations = sum(factor != 0 for row in matrix for factor in row) * 2 / 3 * (rows + columns)
    moved = columns**2 + 2 * rows**2 + rows * columns
    return LANES / cpu.width * (moved + operations)
