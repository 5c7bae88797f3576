"""Dense layers in LLVM against sums in float64, on the machine's own CPU and on one of narrower registers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import pytest
from guarded import Floats, Guarded, assert_compiles_for, run, uniform, varying
from hypothesis import given, settings
from hypothesis import strategies as st
from llvmlite import ir

from netcli.executors.llvm.ir import I1, I32, I64, Array, Emitter, Epilogue, Index, Layout
from netcli.executors.llvm.kernels.dense import (
    emit_cotangents,
    emit_dense,
    emit_dense_weight_grad,
    transposed_lanes,
    weight_grad_panels,
    weight_grad_scratch,
)
from netcli.executors.llvm.target import LANES, Cpu, cpu
from netcli.ops.dense import Dense, DenseWeightGrad

EPSILON = float(np.finfo(np.float32).eps) / 2
CPUS = st.sampled_from([None, "haswell"])
SIZES = st.integers(1, 40) | st.sampled_from([48, 64, 65, 83, 129])


def numbers(seed: int, *shape: int) -> Floats:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def product(target: Cpu, x: Floats, w: Floats, transposed: bool, make: Callable[[Emitter], Epilogue] | None = None) -> Floats:
    outputs = w.shape[not transposed]
    y = Guarded(Layout.dense((outputs,)), len(x) // LANES)
    run(
        lambda e, arrays, blocks: emit_dense(e, target, *arrays, transposed, blocks, make(e) if make else None),
        target,
        [varying(x), uniform(w), y],
        len(x) // LANES,
    )
    return y.read()


def weight_grad(target: Cpu, x: Floats, g: Floats, dw: Floats, *, adding: bool, examples: int | None = None) -> Floats:
    """Panel by panel, in a second call, of the cotangents that the first has left; `examples` of them count."""
    (_, outputs), blocks, total = dw.shape, len(x) // LANES, uniform(dw)
    scratch = Guarded(Layout.dense((blocks * weight_grad_scratch(outputs),)), 1, varying=False)
    count = len(x) if examples is None else examples

    def occupied(e: Emitter, block: Index) -> ir.Value:
        number = ir.Constant(ir.VectorType(I64, LANES), list(range(LANES)))
        left = e.b.sub(I64(count), e.index(e.mul(block, LANES)))
        splat = ir.Constant(ir.VectorType(I64, LANES), ir.Undefined)
        for lane in range(LANES):
            splat = e.b.insert_element(splat, left, I32(lane))
        return e.b.icmp_signed("<", number, splat)

    def emit(e: Emitter, arrays: Sequence[Array], blocks: ir.Value) -> None:
        x, g, dw, scratch = arrays
        emit_cotangents(e, g, scratch.pointer, partial(occupied, e), blocks)
        with e.loop(weight_grad_panels(target, *dw.layout.shape)) as panel:
            emit_dense_weight_grad(e, target, x, scratch.pointer, dw, panel, blocks, I1(adding))

    run(emit, target, [varying(x), varying(g), total, scratch], blocks)
    return total.read()


def assert_rounded(found: Floats, exact: Floats, magnitude: Floats, terms: int) -> None:
    """A sum of so many terms in any order, each multiplied and added with one rounding: |error| <= γ · Σ |term|."""
    gamma = terms * EPSILON / (1 - terms * EPSILON)
    assert (np.abs(found - exact) <= gamma * magnitude).all()


@settings(max_examples=40, deadline=None)
@given(SIZES, SIZES, st.integers(0, 9), st.booleans(), CPUS, st.integers(0, 99))
def test_a_product_is_the_sum_of_numpy_up_to_rounding(inputs, outputs, blocks, transposed, name, seed):
    x, w = numbers(seed, blocks * LANES, inputs), numbers(seed + 1, *((outputs, inputs) if transposed else (inputs, outputs)))
    found = product(cpu(name), x, w, transposed)
    wide = [array.astype(np.float64) for array in (x, w)]
    exact, magnitude = (Dense(transposed).forward(np, *arrays) for arrays in (wide, [np.abs(array) for array in wide]))
    assert_rounded(found, exact, magnitude, inputs)


@settings(max_examples=40, deadline=None)
@given(SIZES, SIZES, st.integers(0, 6), CPUS, st.booleans(), st.integers(0, 99))
def test_a_weight_gradient_is_added_to_what_was_there_or_replaces_it(inputs, outputs, blocks, name, adding, seed):
    x, g = numbers(seed, blocks * LANES, inputs), numbers(seed + 1, blocks * LANES, outputs)
    dw = numbers(seed + 2, inputs, outputs)
    found = weight_grad(cpu(name), x, g, dw, adding=adding)
    wide = [array.astype(np.float64) for array in (x, g)]
    exact, magnitude = (DenseWeightGrad().forward(np, *arrays) for arrays in (wide, [np.abs(array) for array in wide]))
    old = dw if adding else np.zeros_like(dw)
    assert_rounded(found, old + exact, np.abs(old) + magnitude, len(x) + 1)


def test_empty_lanes_have_no_weight():
    """Whatever they hold: the cotangents of lanes without an example are taken for zeros."""
    x, g = numbers(0, 2 * LANES, 5), numbers(1, 2 * LANES, 3)
    dw = np.zeros((5, 3), np.float32)
    some = weight_grad(cpu(), x, g, dw, adding=False, examples=21)
    g[21:] = 0
    np.testing.assert_array_equal(some, weight_grad(cpu(), x, g, dw, adding=False))


@pytest.mark.parametrize("name", [None, "haswell"])
def test_the_bits_of_an_example_do_not_depend_on_how_many_there_are(name):
    x, w = numbers(0, 7 * LANES, 37), numbers(1, 37, 19)
    together = product(cpu(name), x, w, transposed=False)
    alone = [product(cpu(name), x[n : n + LANES], w, transposed=False) for n in range(0, len(x), LANES)]
    np.testing.assert_array_equal(together, np.concatenate(alone))


@pytest.mark.parametrize("blocks", [1, 5])
def test_the_epilogue_gets_each_value_with_its_output_and_block(blocks):
    def make(e: Emitter) -> Epilogue:
        def place(value, indices, block):
            return e.b.fadd(value, e.splat(e.b.sitofp(e.index(e.add(e.mul(block, 100), *indices)), value.type.element)))

        return place

    found = product(cpu(), np.zeros((blocks * LANES, 3), np.float32), np.ones((3, 17), np.float32), False, make)
    expected = 100 * (np.arange(blocks * LANES) // LANES)[:, None] + np.arange(17)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("name", [None, "haswell"])
def test_an_infinite_input_stays_in_its_row(name):
    """The outputs beyond the last one, with which vectors are filled up, reach nothing."""
    x, g = np.zeros((LANES, 5), np.float32), np.ones((LANES, 3), np.float32)
    x[4, 2] = np.inf
    expected = np.zeros((5, 3))
    expected[2] = np.inf
    np.testing.assert_array_equal(weight_grad(cpu(name), x, g, np.zeros((5, 3), np.float32), adding=False), expected)


@pytest.mark.parametrize("name", [None, "haswell"])
def test_lanes_are_transposed(name):
    x = numbers(0, LANES, LANES)
    y = uniform(np.zeros_like(x))

    def emit(e, arrays, _):
        rows = [e.load(e.address(arrays[0], (k, 0))) for k in range(LANES)]
        for k, row in enumerate(transposed_lanes(e, rows)):
            e.store(row, e.address(arrays[1], (k, 0)))

    run(emit, cpu(name), [uniform(x), y], 1)
    np.testing.assert_array_equal(y.read(), x.T)


@pytest.mark.parametrize("outputs", [3, 40])
def test_it_compiles_for_other_processors(outputs):
    target = cpu("aarch64")
    x, g, w = Layout.dense((7,)), Layout.dense((outputs,)), Layout.dense((7, outputs))
    assert_compiles_for(
        lambda e, arrays, blocks: emit_dense(e, target, *arrays, False, blocks), target, [(x, True), (w, False), (g, True)]
    )
    scratch = Layout.dense((weight_grad_scratch(outputs),))

    def emit(e: Emitter, arrays: Sequence[Array], blocks: ir.Value) -> None:
        x, dw, scratch = arrays
        emit_dense_weight_grad(e, target, x, scratch.pointer, dw, I64(0), blocks, I1(0))

    assert_compiles_for(emit, target, [(x, True), (w, False), (scratch, False)])
