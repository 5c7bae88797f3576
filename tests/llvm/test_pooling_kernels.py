"""Pooling in LLVM against netcli's numpy operations, on the machine's own CPU and on one of narrower registers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from guarded import Floats, Guarded, assert_compiles_for, module_of, run, varying
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from netcli.errors import GraphError
from netcli.executors.llvm.ir import Layout
from netcli.executors.llvm.kernels.pooling import (
    emit_avg_pool2d,
    emit_avg_pool2d_grad,
    emit_max_pool2d,
    emit_max_pool2d_grad,
    emit_max_pool2d_take,
)
from netcli.executors.llvm.target import LANES, Cpu, cpu
from netcli.ops.avg_pool2d import AvgPool2D, AvgPool2DGrad
from netcli.ops.max_pool2d import MaxPool2D, MaxPool2DGrad, MaxPool2DTake
from netcli.ops.window import Window

EPSILON = float(np.finfo(np.float32).eps) / 2
HALO = (1, 2, 3, 1)


@dataclass(frozen=True)
class Case:
    """A window, an image, and on what to run."""

    window: Window
    image: tuple[int, int]
    channels: int = 2
    blocks: int = 1
    halo: tuple[int, int, int, int] = (0, 0, 0, 0)
    name: str | None = None
    seed: int = 0

    @property
    def target(self) -> Cpu:
        return cpu(self.name)

    def values(self, seed: int, image: tuple[int, int], wild: bool = False) -> Floats:
        """Small whole numbers, so that there are ties and sums are exact; `wild` ones have NaN and infinities among them."""
        random = np.random.default_rng([self.seed, seed])
        values = random.integers(-3, 4, (self.blocks * LANES, self.channels, *image)).astype(np.float32)
        if wild:
            # with padding a window of -inf alone has its first maximum in the padding, by numpy's argmax
            strange = [np.nan, np.inf] + ([] if any(self.window.padding) else [-np.inf])
            at = random.random(values.shape) < 0.2
            values[at] = random.choice(strange, at.sum())
        return values

    def result(self, emit, inputs: list[Floats], shape: tuple[int, int], *extra: object) -> Floats:
        y = Guarded(Layout.with_halo((self.channels, *shape), self.halo), self.blocks)
        arrays = [*(varying(x, self.halo) for x in inputs), y]
        run(lambda e, pointers, blocks: emit(e, *pointers, self.window, *extra, blocks), self.target, arrays, self.blocks)
        return y.read()


@st.composite
def cases(draw) -> Case:
    pair = lambda low, high: st.tuples(st.integers(low, high), st.integers(low, high))  # noqa: E731
    size = draw(pair(1, 4))
    stride = draw(st.just(size) | pair(1, 5))
    padding = draw(st.just((0, 0, 0, 0)) | st.tuples(*[st.integers(0, 3)] * 4))
    case = Case(
        Window(size, stride, padding, draw(st.just((1, 1)) | pair(1, 2))),
        draw(pair(1, 9)),
        draw(st.integers(1, 3)),
        draw(st.integers(0, 2)),
        draw(st.sampled_from([(0, 0, 0, 0), HALO])),
        draw(st.sampled_from([None, "haswell"])),
        draw(st.integers(0, 99)),
    )
    try:
        assume(case.window.meets(case.image))
    except GraphError:
        assume(False)
    return case


def pooling(test):
    """Run a test on the windows that code is written for in different ways, and on any others."""
    windows = [
        Case(Window((2, 2), (2, 2)), (6, 4)),
        Case(Window((2, 3), (2, 3)), (7, 8), blocks=2, halo=HALO),
        Case(Window((2, 2), (2, 2), (1, 0, 0, 1)), (4, 4)),
        Case(Window((3, 2), (3, 2), (2, 2, 1, 0)), (5, 4), halo=HALO),
        Case(Window((3, 3), (2, 2), (1, 1, 1, 1)), (9, 9), name="haswell"),
        Case(Window((6, 5), (2, 2), (2, 2, 2, 2)), (9, 8), halo=HALO),
        Case(Window((7, 7), (7, 7)), (7, 14)),
    ]
    test = settings(max_examples=25, deadline=None)(given(cases())(test))
    for case in windows:
        test = example(case)(test)
    return test


@pooling
def test_maxima(case):
    x = case.values(0, case.image, wild=True)
    found = case.result(emit_max_pool2d, [x], case.window.places(case.image))
    np.testing.assert_array_equal(found, MaxPool2D(case.window).forward(np, x))


@pooling
def test_a_cotangent_goes_to_the_first_maximum(case):
    x, g = case.values(0, case.image, wild=True), case.values(1, case.window.places(case.image))
    found = case.result(emit_max_pool2d_grad, [x, g], case.image, case.image)
    np.testing.assert_array_equal(found, MaxPool2DGrad(case.window).forward(np, x, g))


@pooling
def test_another_value_is_taken_from_the_first_maximum(case):
    x, u = case.values(0, case.image, wild=True), case.values(1, case.image)
    found = case.result(emit_max_pool2d_take, [x, u], case.window.places(case.image))
    np.testing.assert_array_equal(found, MaxPool2DTake(case.window).forward(np, x, u))


@pooling
def test_means(case):
    x = case.values(0, case.image)
    found = case.result(emit_avg_pool2d, [x], case.window.places(case.image))
    # whole numbers: the sum is exact, and so one rounding is left, that of the division
    exact = AvgPool2D(case.window).forward(np, x.astype(np.float64))
    assert (np.abs(found - exact) <= EPSILON * np.abs(exact)).all()


@pooling
def test_a_cotangent_is_divided_among_its_window(case):
    g = case.values(0, case.window.places(case.image))
    found = case.result(emit_avg_pool2d_grad, [g], case.image, case.image)
    op = AvgPool2DGrad(case.window, case.image)
    exact, magnitude = (op.forward(np, array) for array in (g.astype(np.float64), np.abs(g.astype(np.float64))))
    roundings = case.window.size[0] * case.window.size[1] + 1
    assert (np.abs(found - exact) <= roundings * EPSILON / (1 - roundings * EPSILON) * magnitude).all()


def test_sums_of_overlapping_windows_are_added_in_the_order_of_numpy():
    case = Case(Window((3, 3), (1, 2), (1, 0, 1, 1)), (8, 9))
    x = case.values(0, case.image)
    g = np.random.default_rng(0).normal(size=case.values(1, case.window.places(case.image)).shape).astype(np.float32)
    found = case.result(emit_max_pool2d_grad, [x, g], case.image, case.image)
    np.testing.assert_array_equal(found, MaxPool2DGrad(case.window).forward(np, x, g))


def test_a_window_of_minus_infinity_has_its_first_maximum_in_the_image():
    case = Case(Window((3, 3), (3, 3), (1, 0, 1, 0)), (2, 2), channels=1)
    x, g = np.full((LANES, 1, 2, 2), -np.inf, np.float32), np.ones((LANES, 1, 1, 1), np.float32)
    found = case.result(emit_max_pool2d_grad, [x, g], case.image, case.image)
    np.testing.assert_array_equal(found, np.broadcast_to(np.float32([[1, 0], [0, 0]]), x.shape))


def test_the_code_of_a_large_window_is_no_longer_than_that_of_a_small_one():
    def length(side: int) -> int:
        x, y = Layout.dense((1, 56, 56)), Layout.dense((1, 56 // side, 56 // side))
        window = Window((side, side), (side, side))
        return len(
            str(module_of(lambda e, arrays, blocks: emit_max_pool2d(e, *arrays, window, blocks), [(x, True), (y, True)]))
        )

    assert length(28) < length(4)


@pytest.mark.parametrize("window", [Window((2, 2), (2, 2)), Window((3, 3), (2, 2), (1, 1, 1, 1))])
def test_it_compiles_for_other_processors(window):
    image = (8, 8)
    x, y = ((Layout.dense((2, *shape)), True) for shape in (image, window.places(image)))
    target = cpu("aarch64")
    assert_compiles_for(lambda e, arrays, blocks: emit_max_pool2d(e, *arrays, window, blocks), target, [x, y])
    assert_compiles_for(lambda e, arrays, blocks: emit_max_pool2d_grad(e, *arrays, window, image, blocks), target, [x, y, x])
    assert_compiles_for(lambda e, arrays, blocks: emit_avg_pool2d_grad(e, *arrays, window, image, blocks), target, [y, x])
