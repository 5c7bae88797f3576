"""Winograd's kernels against the numpy ops in float64; NaN canaries lie around every buffer and halo, and in scratch memory.

The bound. All that generated code does is add and multiply, and every term takes one way through it, so that each rounding is a
factor 1 + δ, |δ| ≤ u = 2⁻²⁴, of the terms that it meets. With at most N of them on a way, the result is in error by at most
γ(N) = N·u / (1 - N·u) times the sum of the absolute values of all terms, `|Aᵀ| [Σ (|G| |w| |Gᵀ|) ⊙ (|Bᵀ| |d| |B|)] |A|`
(Higham, "Accuracy and Stability of Numerical Algorithms", 2002, §3.1; of Winograd's algorithms: Barabasz, Anderson, Soodhalter
and Gregg, "Error Analysis and Improving the Accuracy of Winograd Convolution for Deep Neural Networks", arXiv 1803.10986). A
product with a matrix rounds a term no more often than a row has terms, and once more for a common factor; two of its factors
are rounded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from convolutions import NONE, Case, numbered, numbers, surrounded, window
from guarded import Floats, Guarded, assert_compiles_for, run, uniform, varying
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from netcli.executors.llvm.ir import Array, Layout
from netcli.executors.llvm.kernels.conv2d import conv_halo, input_grad_halo
from netcli.executors.llvm.kernels.winograd import (
    F2,
    F4,
    Form,
    emit_filter_transform,
    emit_winograd_conv2d,
    emit_winograd_weight_grad,
    filter_layout,
    turned_around,
    winograd_scratch,
    winograd_weight_grad_scratch,
)
from netcli.executors.llvm.target import LANES, Cpu, cpu
from netcli.ops.conv2d import Conv2D, Conv2DInputGrad, Conv2DWeightGrad
from netcli.ops.window import Window

Matrices = tuple[np.ndarray, np.ndarray, np.ndarray]


def target_of(case: Case) -> Cpu:
    """The CPU that a case names; "wide" is the machine's own, with AVX-512's register tiles."""
    return replace(cpu(), width=16, registers=32) if case.name == "wide" else cpu(case.name)


def absolute(form: Form) -> Matrices:
    """|Aᵀ|, |G|, |Bᵀ|."""
    return np.abs(form.to_places), np.abs(form.of_filter), np.abs(form.of_image)


def roundings(*matrices: tuple[tuple[float, ...], ...]) -> int:
    """How many a term meets in products with these, from the left and from the right each."""
    return sum(2 * (max(np.count_nonzero(row) for row in matrix) + 3) for matrix in matrices)


def gamma(count: int) -> float:
    return count * 2.0**-24 / (1 - count * 2.0**-24)


def tiles_of(form: Form, x: Floats, places: tuple[int, int]) -> Floats:
    """`(n, c, …)` padded images -> what each tile meets, `(n, c, tile row, tile column, m + 2, m + 2)`."""
    m, rows, columns = form.places, *(-(-n // form.places) for n in places)
    short = [max(0, count * m + 2 - extent) for count, extent in zip((rows, columns), x.shape[2:], strict=True)]
    x = np.pad(x, [(0, 0), (0, 0), (0, short[0]), (0, short[1])])
    return np.lib.stride_tricks.sliding_window_view(x, (m + 2, m + 2), axis=(2, 3))[:, :, : rows * m : m, : columns * m : m]


def convolution(form: Form, matrices: Matrices, padded: Floats, w: Floats, places: tuple[int, int]) -> Floats:
    """Winograd's algorithm with these matrices, in float64."""
    to_places, of_filter, of_image = matrices
    u = np.einsum("xr,kcrs,ys->kcxy", of_filter, w, of_filter)
    v = np.einsum("xi,nctuij,yj->nctuxy", of_image, tiles_of(form, padded, places), of_image, optimize=True)
    y = np.einsum("ix,kcxy,nctuxy,jy->nktiuj", to_places, u, v, to_places, optimize=True)
    n, k, t, i, u_, j = y.shape
    return y.reshape(n, k, t * i, u_ * j)[:, :, : places[0], : places[1]]


def weight_gradient(form: Form, matrices: Matrices, padded: Floats, g: Floats) -> Floats:
    """The same of the gradient of w."""
    to_places, of_filter, of_image = matrices
    v = np.einsum("xi,nctuij,yj->nctuxy", of_image, tiles_of(form, padded, g.shape[2:]), of_image, optimize=True)
    n, k, m = *g.shape[:2], form.places
    rows, columns = v.shape[2:4]
    g = np.pad(g, [(0, 0), (0, 0), (0, rows * m - g.shape[2]), (0, columns * m - g.shape[3])]).reshape(
        n, k, rows, m, columns, m
    )
    return np.einsum("xr,ix,nktiuj,jy,nctuxy,ys->kcrs", of_filter, to_places, g, to_places, v, of_filter, optimize=True)


def wide(array: Guarded, layout: Layout) -> Callable[[Array], Array]:
    """What makes an array of this layout out of the memory of transformed filters, gaps and all."""
    assert array.layout.size == layout.size
    return lambda a: Array(a.pointer, layout, varying=False)


def transformed(form: Form, target: Cpu, ws: Floats, rotated: bool) -> tuple[Guarded, Callable[[Array], Array]]:
    """Filters as the kernel transforms them, in two calls."""
    k, c = ws.shape[:2]
    layout = filter_layout(form, *((c, k) if rotated else (k, c)))
    u, filters = Guarded(Layout.dense((layout.size,)), 1, varying=False), layout.shape[0]
    make = wide(u, layout)

    def emit(e, a, _):
        emit_filter_transform(e, form, a[0], make(a[1]), rotated, (0, filters // 2))
        emit_filter_transform(e, form, a[0], make(a[1]), rotated, (filters // 2, filters - filters // 2))

    run(emit, target, [uniform(ws), u], 1)
    assert np.isfinite(u.read()).all()
    return u, make


def scratch(floats: int) -> Guarded:
    return Guarded(Layout.dense((-(-floats // LANES),)), 1)


def padded(x: Floats, padding: tuple[int, int, int, int]) -> Floats:
    top, bottom, left, right = padding
    return np.pad(x.astype(np.float64), [(0, 0), (0, 0), (top, bottom), (left, right)])


def check_forward(case: Case, form: Form) -> None:
    target = target_of(case)
    xs, ws = numbers(1, case.x_shape), numbers(2, case.w_shape)
    x, images = surrounded(xs, conv_halo(case.window, case.image), case.spare)
    y = Guarded(Layout.with_halo(case.g_shape[1:], case.spare), case.blocks)
    u, filters = transformed(form, target, ws, rotated=False)
    run(
        lambda e, a, blocks: emit_winograd_conv2d(
            e, target, form, images(a[0]), filters(a[1]), a[2], case.window, a[3].pointer, blocks
        ),
        target,
        [x, u, y, scratch(winograd_scratch(target, form, case.filters, case.channels))],
        case.blocks,
    )
    exact = Conv2D(case.window).forward(np, xs.astype(np.float64), ws.astype(np.float64))
    terms = convolution(form, absolute(form), padded(np.abs(xs), case.window.padding), np.abs(ws), exact.shape[2:])
    n = roundings(form.of_image, form.of_filter, form.to_places) + case.channels
    assert np.all(np.abs(y.read() - exact) <= gamma(n) * terms)


def check_input_grad(case: Case, form: Form) -> None:
    """Of at most two rows and columns of padding: `winograd_serves`."""
    padding = tuple(min(n, 2) for n in case.window.padding)
    case, target = replace(case, window=replace(case.window, padding=padding)), target_of(case)
    ws, gs = numbers(1, case.w_shape), numbers(2, case.g_shape)
    g, images = surrounded(gs, input_grad_halo(case.window, case.image), case.spare)
    dx = Guarded(Layout.with_halo(case.x_shape[1:], case.spare), case.blocks)
    u, filters = transformed(form, target, ws, rotated=True)
    run(
        lambda e, a, blocks: emit_winograd_conv2d(
            e, target, form, images(a[1]), filters(a[0]), a[2], turned_around(case.window), a[3].pointer, blocks
        ),
        target,
        [u, g, dx, scratch(winograd_scratch(target, form, case.channels, case.filters))],
        case.blocks,
    )
    exact = Conv2DInputGrad(case.window, 1, case.image).forward(np, ws.astype(np.float64), gs.astype(np.float64))
    turned = np.abs(ws).transpose(1, 0, 2, 3)[:, :, ::-1, ::-1]
    top, bottom, left, right = case.window.padding
    around = padded(np.abs(gs), (2, 2, 2, 2))[:, :, top:, left:]
    around = around[:, :, : around.shape[2] - bottom, : around.shape[3] - right]
    terms = convolution(form, absolute(form), around, turned, case.image)
    n = roundings(form.of_image, form.of_filter, form.to_places) + case.filters
    assert np.all(np.abs(dx.read() - exact) <= gamma(n) * terms)


def check_weight_grad(case: Case, form: Form) -> None:
    target = target_of(case)
    xs, gs, start = numbers(1, case.x_shape), numbers(2, case.g_shape), numbers(3, case.w_shape)
    gs[-3:] = 0  # lanes without an example
    x, images = surrounded(xs, conv_halo(case.window, case.image), case.spare)
    g, dw = varying(gs, case.spare), uniform(start)
    run(
        lambda e, a, blocks: emit_winograd_weight_grad(
            e, target, form, images(a[0]), a[1], a[2], case.window, a[3].pointer, blocks
        ),
        target,
        [x, g, dw, scratch(winograd_weight_grad_scratch(target, form, case.filters, case.channels))],
        case.blocks,
    )
    exact = start + Conv2DWeightGrad(case.window).forward(np, xs.astype(np.float64), gs.astype(np.float64))
    terms = np.abs(start) + weight_gradient(
        form, absolute(form), padded(np.abs(xs), case.window.padding), np.abs(gs).astype(np.float64)
    )
    examples = (
        LANES * case.blocks * np.prod([-(-n // form.places) for n in gs.shape[2:]])
    )  # each rounds once, or its round does
    n = roundings(form.of_image, form.of_places, form.to_filter) + 2 * int(examples)
    assert np.all(np.abs(dw.read() - exact) <= gamma(n) * terms)


CHECKS = pytest.mark.parametrize("check", [check_forward, check_input_grad, check_weight_grad])
FORMS = pytest.mark.parametrize("form", [F2, F4], ids=["F2", "F4"])

CASES = [
    Case(3, 8, 1, (12, 12), window(3, padding=1), 2, name="haswell"),
    Case(33, 32, 1, (8, 8), window(3, padding=1), 2, name="wide"),
    Case(17, 33, 1, (7, 9), window(3)),
    Case(16, 5, 1, (4, 4), window(3, padding=1), 9),
    Case(2, 17, 1, (3, 5), Window((3, 3), padding=(2, 0, 1, 3)), 3, name="wide"),
]


@pytest.mark.slow
@CHECKS
@FORMS
@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.channels}-{c.filters},{c.image},{c.window},{c.blocks}")
def test_kernels_agree_with_float64(case: Case, form: Form, check: Callable[[Case, Form], None]) -> None:
    check(case, form)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    upto = st.integers
    slide = Window((3, 3), padding=draw(st.tuples(*[upto(0, 3)] * 4)))
    image = draw(st.tuples(upto(1, 13), upto(1, 13)))
    top, bottom, left, right = slide.padding
    assume(image[0] + top + bottom >= 3 and image[1] + left + right >= 3)
    spare = draw(st.just(NONE) | st.tuples(*[upto(0, 2)] * 4))
    name = draw(st.sampled_from([None, "haswell", "wide"]))
    return Case(draw(upto(1, 20)), draw(upto(1, 35)), 1, image, slide, draw(upto(1, 3)), spare, name)


@pytest.mark.slow
@CHECKS
@settings(max_examples=6)
@given(cases(), st.sampled_from([F2, F4]))
def test_kernels_agree_with_float64_everywhere(check: Callable[[Case, Form], None], case: Case, form: Form) -> None:
    check(case, form)


@FORMS
def test_the_bounds_belong_to_an_algorithm_for_the_convolution(form: Form) -> None:
    """With the matrices themselves for their absolute values, the terms of the bounds add up to the results."""
    slide, matrices = window(3, padding=1), tuple(map(np.array, (form.to_places, form.of_filter, form.of_image)))
    x, w, g = (numbers(seed, shape).astype(np.float64) for seed, shape in enumerate([(2, 3, 7, 6), (4, 3, 3, 3), (2, 4, 7, 6)]))
    y = convolution(form, matrices, padded(x, slide.padding), w, (7, 6))
    np.testing.assert_allclose(y, Conv2D(slide).forward(np, x, w), atol=1e-12)
    dw = weight_gradient(form, matrices, padded(x, slide.padding), g)
    np.testing.assert_allclose(dw, Conv2DWeightGrad(slide).forward(np, x, g), atol=1e-12)


@pytest.mark.parametrize("image", [(8, 8), (7, 9)], ids=["whole", "rest"])
def test_epilogue_meets_every_element_with_its_own_place(image: tuple[int, int]) -> None:
    case = Case(4, 10, 1, image, window(3, padding=1), 2)
    xs, ws = np.zeros(case.x_shape, np.float32), numbers(1, case.w_shape)
    x, images = surrounded(xs, conv_halo(case.window, case.image), NONE)
    y = Guarded(Layout.dense(case.g_shape[1:]), case.blocks)
    u, filters = transformed(F4, cpu(), ws, rotated=False)

    def emit(e, a, blocks):
        after = partial(numbered, e)
        emit_winograd_conv2d(e, cpu(), F4, images(a[0]), filters(a[1]), a[2], case.window, a[3].pointer, blocks, after)

    run(emit, cpu(), [x, u, y, scratch(winograd_scratch(cpu(), F4, 10, 4))], case.blocks)
    n, k, i, j = np.indices(case.g_shape)
    np.testing.assert_array_equal(y.read(), 1000 * (n // LANES) + 100 * k + 10 * i + j)


def test_no_blocks_are_no_work() -> None:
    case = Case(3, 5, 1, (6, 6), window(3))
    x, g, dw = numbers(1, case.x_shape), numbers(2, case.g_shape), numbers(3, case.w_shape)
    u, filters = transformed(F4, cpu(), dw, rotated=False)
    arrays = [varying(x), varying(g), uniform(dw), u]
    room = max(winograd_scratch(cpu(), F4, 5, 3), winograd_weight_grad_scratch(cpu(), F4, 5, 3))

    def emit(e, a, blocks):
        xs, gs, dws, us, memory = a
        emit_winograd_conv2d(e, cpu(), F4, xs, filters(us), gs, case.window, memory.pointer, blocks)
        emit_winograd_weight_grad(e, cpu(), F4, xs, gs, dws, case.window, memory.pointer, blocks)

    run(emit, cpu(), [*arrays, scratch(room)], blocks=0)
    for array, values in zip(arrays, (x, g, dw), strict=False):
        np.testing.assert_array_equal(array.read(), values)


@FORMS
@pytest.mark.parametrize("name", ["aarch64", "skylake-avx512"])
def test_kernels_compile_for_other_cpus(name: str, form: Form) -> None:
    slide, image, target = window(3, padding=1), (9, 8), cpu(name)
    x, w = Layout.with_halo((5, *image), conv_halo(slide, image)), Layout.dense((17, 5, 3, 3))
    g = Layout.with_halo((17, *image), input_grad_halo(slide, image))
    u, turned = filter_layout(form, 17, 5), filter_layout(form, 5, 17)

    def emit(e, a, blocks):
        xs, ws, gs, us, ts, dws, memory = a
        emit_filter_transform(e, form, ws, us, False, (0, 17))
        emit_filter_transform(e, form, ws, ts, True, (0, 5))
        emit_winograd_conv2d(e, target, form, xs, us, gs, slide, memory.pointer, blocks)
        emit_winograd_conv2d(e, target, form, gs, ts, xs, turned_around(slide), memory.pointer, blocks)
        emit_winograd_weight_grad(e, target, form, xs, gs, dws, slide, memory.pointer, blocks)

    layouts = [(x, True), (w, False), (g, True), (u, False), (turned, False), (w, False), (Layout.dense((1,)), True)]
    assert_compiles_for(emit, target, layouts)
