"""Moving images in LLVM against netcli's numpy operations, on the machine's own CPU and on one of narrower registers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from guarded import Floats, Guarded, assert_compiles_for, module_of, run, varying
from hypothesis import example, given, settings
from hypothesis import strategies as st

from netcli.executors.llvm.ir import Layout
from netcli.executors.llvm.kernels.shifting import emit_shift2d, emit_shift2d_grad
from netcli.executors.llvm.target import LANES, cpu
from netcli.ops.shift2d import Fill, Shift2D, Shift2DGrad

HALO = (1, 2, 3, 1)
FARTHEST = 2**31 - 128  # the largest int32 that is a float32


@dataclass(frozen=True)
class Case:
    """An image, how far it may be moved, and on what to run."""

    image: tuple[int, int, int]
    farthest: int
    fill: Fill
    blocks: int = 1
    halo: tuple[int, int, int, int] = (0, 0, 0, 0)
    name: str | None = None
    seed: int = 0

    @property
    def shifts(self) -> list[Floats]:
        """Rows and columns for every example: others for every lane."""
        random = np.random.default_rng([self.seed, 1])
        return [random.integers(-self.farthest, self.farthest + 1, self.blocks * LANES).astype(np.int32) for _ in range(2)]

    def values(self, *, wild: bool = False) -> Floats:
        """Small whole numbers, so that sums are exact; `wild` ones have NaN and infinities among them."""
        random = np.random.default_rng([self.seed, 0])
        values = random.integers(-9, 10, (self.blocks * LANES, *self.image)).astype(np.float32)
        if wild:
            at = random.random(values.shape) < 0.2
            values[at] = random.choice([np.nan, np.inf, -np.inf], at.sum())
        return values

    def result(self, emit, x: Floats) -> Floats:
        y = Guarded(Layout.with_halo(self.image, self.halo), self.blocks)
        arrays = [varying(x, self.halo), *(varying(shift.view(np.float32)) for shift in self.shifts), y]
        run(lambda e, pointers, blocks: emit(e, *pointers, self.fill, blocks), cpu(self.name), arrays, self.blocks)
        return y.read()

    def expected(self, op: type[Shift2D | Shift2DGrad], x: Floats) -> Floats:
        return op(self.fill).forward(np, x, *self.shifts)


@st.composite
def cases(draw) -> Case:
    return Case(
        draw(st.tuples(st.integers(1, 3), st.integers(1, 9), st.integers(1, 9))),
        draw(st.integers(0, 12) | st.just(FARTHEST)),
        draw(st.sampled_from(["zero", "edge"])),
        draw(st.integers(0, 2)),
        draw(st.sampled_from([(0, 0, 0, 0), HALO])),
        draw(st.sampled_from([None, "haswell"])),
        draw(st.integers(0, 99)),
    )


def shifting(test):
    """Run a test on shifts within the image, to its border, and far beyond it, and on any others."""
    test = settings(max_examples=25, deadline=None)(given(cases())(test))
    for fill in ("zero", "edge"):
        for image, farthest in [((2, 7, 5), 2), ((1, 3, 4), 4), ((1, 1, 1), 1), ((2, 4, 4), FARTHEST)]:
            test = example(Case(image, farthest, fill, 2, HALO))(test)
    return test


@shifting
def test_images_are_moved(case):
    x = case.values(wild=True)
    np.testing.assert_array_equal(case.result(emit_shift2d, x), case.expected(Shift2D, x))


@shifting
def test_cotangents_are_moved_back(case):
    g = case.values()
    np.testing.assert_array_equal(case.result(emit_shift2d_grad, g), case.expected(Shift2DGrad, g))


def test_a_cotangent_that_is_no_number_stays_where_it_belongs():
    case = Case((1, 5, 5), 3, "zero", seed=3)
    g = case.values(wild=True)
    np.testing.assert_array_equal(case.result(emit_shift2d_grad, g), case.expected(Shift2DGrad, g))


def test_the_code_of_a_large_image_is_no_longer_than_that_of_a_small_one():
    def length(side: int) -> int:
        layouts = [(Layout.dense(shape), True) for shape in ((3, side, side), (), (), (3, side, side))]
        return len(str(module_of(lambda e, arrays, blocks: emit_shift2d(e, *arrays, "edge", blocks), layouts)))

    assert length(224) < 1.1 * length(8)


@pytest.mark.parametrize("emit", [emit_shift2d, emit_shift2d_grad])
@pytest.mark.parametrize("fill", ["zero", "edge"])
def test_it_compiles_for_other_processors(emit, fill):
    layouts = [(Layout.dense(shape), True) for shape in ((2, 8, 8), (), (), (2, 8, 8))]
    assert_compiles_for(lambda e, arrays, blocks: emit(e, *arrays, fill, blocks), cpu("aarch64"), layouts)
