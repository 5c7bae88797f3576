"""Convolution kernels against the numpy ops in float64; NaN canaries lie around every buffer and around every halo."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from convolutions import NONE, Case, Halo, numbered, numbers, surrounded, window
from guarded import Floats, Guarded, assert_compiles_for, run, uniform, varying
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from netcli.executors.llvm.ir import Layout
from netcli.executors.llvm.kernels.conv2d import (
    conv_halo,
    emit_conv2d,
    emit_conv2d_input_grad,
    emit_conv2d_weight_grad,
    input_grad_halo,
)
from netcli.executors.llvm.target import LANES, cpu
from netcli.ops.conv2d import Conv2D, Conv2DInputGrad, Conv2DWeightGrad
from netcli.ops.window import Window

CPUS = (None, "haswell")


def assert_close(found: Floats, exact: Callable[..., Floats], one: Floats, other: Floats, terms: int) -> None:
    """n products added in any order err by at most γ(n)·Σ|product|, γ(n) = n·u / (1 - n·u), u = 2⁻²⁴ (Higham, 2002, §3.1)."""
    one, other = one.astype(np.float64), other.astype(np.float64)
    gamma = terms * 2.0**-24 / (1 - terms * 2.0**-24)
    assert np.all(np.abs(found - exact(np, one, other)) <= gamma * exact(np, np.abs(one), np.abs(other)))


def check_forward(case: Case) -> None:
    xs, ws = numbers(1, case.x_shape), numbers(2, case.w_shape)
    x, images = surrounded(xs, conv_halo(case.window, case.image), case.spare)
    y = Guarded(Layout.with_halo(case.g_shape[1:], case.spare), case.blocks)
    target = cpu(case.name)
    run(
        lambda e, a, blocks: emit_conv2d(e, target, images(a[0]), a[1], a[2], case.window, case.groups, blocks),
        target,
        [x, uniform(ws), y],
        case.blocks,
    )
    assert_close(y.read(), Conv2D(case.window, case.groups).forward, xs, ws, ws[0].size)


def check_input_grad(case: Case) -> None:
    ws, gs = numbers(1, case.w_shape), numbers(2, case.g_shape)
    g, images = surrounded(gs, input_grad_halo(case.window, case.image), case.spare)
    dx = Guarded(Layout.with_halo(case.x_shape[1:], case.spare), case.blocks)
    target = cpu(case.name)
    run(
        lambda e, a, blocks: emit_conv2d_input_grad(e, target, a[0], images(a[1]), a[2], case.window, case.groups, blocks),
        target,
        [uniform(ws), g, dx],
        case.blocks,
    )
    exact = Conv2DInputGrad(case.window, case.groups, case.image).forward
    assert_close(dx.read(), exact, ws, gs, ws[:, 0].size // case.groups)


def check_weight_grad(case: Case) -> None:
    xs, gs, start = numbers(1, case.x_shape), numbers(2, case.g_shape), numbers(3, case.w_shape)
    x, images = surrounded(xs, conv_halo(case.window, case.image), case.spare)
    g, dw = varying(gs, case.spare), uniform(start)
    target = cpu(case.name)
    run(
        lambda e, a, blocks: emit_conv2d_weight_grad(e, target, images(a[0]), a[1], a[2], case.window, case.groups, blocks),
        target,
        [x, g, dw],
        case.blocks,
    )

    def exact(xp: object, one: Floats, other: Floats) -> Floats:
        return Conv2DWeightGrad(case.window, case.groups).forward(np, one, other) + (
            np.abs(start) if (one >= 0).all() else start
        )

    assert_close(dw.read(), exact, xs, gs, gs[:, 0].size + 1)


CHECKS = (check_forward, check_input_grad, check_weight_grad)


CASES = [
    Case(1, 6, 1, (28, 28), window(5, padding=2), 2),
    Case(6, 16, 1, (14, 14), window(5), name="haswell"),
    Case(32, 33, 1, (13, 13), window(3)),
    Case(17, 32, 1, (8, 8), window(3, padding=1), 5),
    Case(3, 5, 1, (9, 11), window(1), 3, name="haswell"),
    Case(3, 8, 1, (17, 17), window(7, stride=2, padding=3)),
    Case(4, 6, 2, (12, 12), window(3, stride=2, padding=1), 2),
    Case(5, 5, 5, (16, 16), window(3, padding=1), 2),
    Case(2, 4, 2, (15, 9), Window((1, 7), padding=(0, 0, 3, 3))),
    Case(3, 4, 1, (11, 12), window(3, padding=2, dilation=2), name="haswell"),
    Case(2, 3, 1, (11, 12), window(3, stride=2, padding=2, dilation=2), 2),
    Case(2, 3, 1, (10, 10), window(2, stride=3)),
    Case(8, 8, 1, (40, 40), window(3, padding=1)),
]


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.channels}-{c.filters},{c.groups},{c.window},{c.blocks}")
def test_kernels_agree_with_float64(case: Case, check: Callable[[Case], None]) -> None:
    check(case)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    upto = st.integers
    pair = lambda high: st.tuples(upto(1, high), upto(1, high))  # noqa: E731
    slide = Window(draw(pair(5)), draw(pair(3)), draw(st.just(NONE) | st.tuples(*[upto(0, 3)] * 4)), draw(pair(3)))
    image, groups = draw(pair(13)), draw(upto(1, 3))
    reach = [d * (k - 1) + 1 for d, k in zip(slide.dilation, slide.size, strict=True)]
    top, bottom, left, right = slide.padding
    assume(image[0] + top + bottom >= reach[0] and image[1] + left + right >= reach[1])
    spare = draw(st.just(NONE) | st.tuples(*[upto(0, 2)] * 4))
    channels, filters = groups * draw(upto(1, 9)), groups * draw(upto(1, 9))
    return Case(channels, filters, groups, image, slide, draw(upto(1, 3)), spare, draw(st.sampled_from(CPUS)))


@pytest.mark.parametrize("check", CHECKS)
@settings(max_examples=12)
@given(cases())
def test_kernels_agree_with_float64_everywhere(check: Callable[[Case], None], case: Case) -> None:
    check(case)


def test_epilogue_meets_every_element_with_its_own_place() -> None:
    case = Case(4, 10, 2, (7, 9), window(3, padding=1), 2)
    xs, ws = np.zeros(case.x_shape, np.float32), numbers(1, case.w_shape)
    x, images = surrounded(xs, conv_halo(case.window, case.image), NONE)
    y = Guarded(Layout.dense(case.g_shape[1:]), case.blocks)

    def emit(e, arrays, blocks):
        after = partial(numbered, e)
        emit_conv2d(e, cpu(), images(arrays[0]), arrays[1], arrays[2], case.window, case.groups, blocks, after)

    run(emit, cpu(), [x, uniform(ws), y], case.blocks)
    n, k, i, j = np.indices(case.g_shape)
    np.testing.assert_array_equal(y.read(), 1000 * (n // LANES) + 100 * k + 10 * i + j)


@pytest.mark.parametrize("case", [Case(4, 6, 2, (7, 9), window(3, stride=2), 2), Case(3, 2, 1, (8, 5), window(2, stride=3), 1)])
def test_epilogue_of_an_input_gradient_meets_every_element_with_its_own_place(case: Case) -> None:
    """Also those that no window has met."""
    gs, ws = np.zeros(case.g_shape, np.float32), numbers(1, case.w_shape)
    g, cotangents = surrounded(gs, input_grad_halo(case.window, case.image), NONE)
    dx = Guarded(Layout.dense(case.x_shape[1:]), case.blocks)

    def emit(e, arrays, blocks):
        after = partial(numbered, e)
        emit_conv2d_input_grad(e, cpu(), arrays[0], cotangents(arrays[1]), arrays[2], case.window, case.groups, blocks, after)

    run(emit, cpu(), [uniform(ws), g, dx], case.blocks)
    n, c, i, j = np.indices(case.x_shape)
    np.testing.assert_array_equal(dx.read(), 1000 * (n // LANES) + 100 * c + 10 * i + j)


def test_no_blocks_are_no_work() -> None:
    case = Case(3, 5, 1, (6, 6), window(3))
    x, g, dw = numbers(1, case.x_shape), numbers(2, case.g_shape), numbers(3, case.w_shape)
    arrays = [varying(x), varying(g), uniform(dw)]

    def emit(e, arrays, blocks):
        xs, gs, dws = arrays
        emit_conv2d(e, cpu(), xs, dws, gs, case.window, 1, blocks)
        emit_conv2d_weight_grad(e, cpu(), xs, gs, dws, case.window, 1, blocks)

    run(emit, cpu(), arrays, blocks=0)
    for array, values in zip(arrays, (x, g, dw), strict=True):
        np.testing.assert_array_equal(array.read(), values)


@pytest.mark.parametrize("stride", [1, 2])
def test_kernels_compile_for_aarch64(stride: int) -> None:
    slide, image = window(3, stride, padding=1), (9, 8)
    x, w = Layout.with_halo((5, *image), conv_halo(slide, image)), Layout.dense((7, 5, 3, 3))
    g = Layout.with_halo((7, *slide.places(image)), input_grad_halo(slide, image))
    target = cpu("aarch64")

    def emit(e, arrays, blocks):
        xs, ws, gs, dws = arrays
        emit_conv2d(e, target, xs, ws, gs, slide, 1, blocks)
        emit_conv2d_input_grad(e, target, ws, gs, xs, slide, 1, blocks)
        emit_conv2d_weight_grad(e, target, xs, gs, dws, slide, 1, blocks)

    assert_compiles_for(emit, target, [(x, True), (w, False), (g, True), (w, False)])


@pytest.mark.parametrize(
    ("slide", "image", "forward", "backward"),
    [
        (window(5, padding=2), (28, 28), (2, 2, 2, 2), (2, 2, 2, 2)),
        (window(3), (13, 9), (0, 0, 0, 0), (2, 2, 2, 2)),
        (window(1, padding=1), (4, 4), (1, 1, 1, 1), (0, 0, 0, 0)),
        (window(3, stride=2, padding=1), (8, 9), (1, 0, 1, 1), (0, 1, 0, 0)),
        (window(2, stride=2), (5, 4), (0, 0, 0, 0), (0, 1, 0, 0)),
    ],
)
def test_halo_is_as_large_as_what_is_read(slide: Window, image: tuple[int, int], forward: Halo, backward: Halo) -> None:
    """By hand: of 8 rows by 2, the last window covers 5 to 7; row 7 meets places 4 (by tap 0) and 3 (by tap 2), of 0 to 3."""
    assert conv_halo(slide, image) == forward
    assert input_grad_halo(slide, image) == backward
