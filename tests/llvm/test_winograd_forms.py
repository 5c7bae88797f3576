"""Winograd's matrices: they are algorithms for the correlation and its derivatives; generated code multiplies by them."""

from __future__ import annotations

import numpy as np
import pytest
from guarded import Guarded, run, varying

from netcli.executors.llvm.ir import Layout
from netcli.executors.llvm.kernels.winograd_forms import F2, F4, Form, Matrix, product, transform
from netcli.executors.llvm.target import LANES, cpu

FORMS = pytest.mark.parametrize("form", [F2, F4], ids=["F2", "F4"])


@FORMS
def test_matrices_are_the_correlation(form: Form) -> None:
    """T[i, r, p] = Σ Aᵀ[i, n] · G[n, r] · Bᵀ[n, p] is 1 where p = i + r and 0 elsewhere: so are its three derivatives right."""
    trilinear = np.einsum("in,nr,np->irp", form.to_places, form.of_filter, form.of_image)
    i, r, p = np.indices(trilinear.shape)
    np.testing.assert_allclose(trilinear, p == i + r, atol=1e-15)


@FORMS
@pytest.mark.parametrize("name", ["to_places", "of_places", "of_filter", "to_filter", "of_image"])
def test_generated_products_are_the_matrix(form: Form, name: str) -> None:
    """Of unit vectors, they are its columns, rounded once for each of at most two factors that a column is made of."""
    matrix: Matrix = getattr(form, name)
    n = len(matrix[0])
    units = varying(np.concatenate([np.eye(n), np.zeros((LANES - n, n))]).astype(np.float32))  # example l is unit vector l
    y = Guarded(Layout.dense((len(matrix),)), 1)

    def emit(e, a, _):
        for i, value in enumerate(product(e, matrix, [e.load(e.address(a[0], (j,))) for j in range(n)])):
            e.store(value, e.address(a[1], (i,)))

    run(emit, cpu(), [units, y], 1)
    np.testing.assert_allclose(y.read()[:n], np.transpose(matrix), rtol=3 * 2.0**-24)


@FORMS
def test_a_transform_is_a_product_on_both_sides(form: Form) -> None:
    pixels = np.random.default_rng(1).integers(-8, 9, (LANES, form.reach, form.reach)).astype(np.float32)
    y = Guarded(Layout.dense((form.reach, form.reach)), 1)

    def emit(e, a, _):
        grid = [[e.load(e.address(a[0], (r, s))) for s in range(form.reach)] for r in range(form.reach)]
        for r, row in enumerate(transform(e, form.of_image, grid)):
            for s, value in enumerate(row):
                e.store(value, e.address(a[1], (r, s)))

    run(emit, cpu(), [varying(pixels), y], 1)
    matrix = np.array(form.of_image)
    np.testing.assert_allclose(y.read(), matrix @ pixels.astype(np.float64) @ matrix.T, atol=1e-4)  # of numbers up to 8 · 5.5²


def test_f4_errs_less_than_with_whole_points() -> None:
    """Σ |Aᵀ| |G| |Bᵀ| at the worst place bounds errors along an axis, its square along both: 620; Lavin and Gray's is 2304."""
    ours = np.einsum("in,nr,np->irp", *(np.abs(m) for m in (F4.to_places, F4.of_filter, F4.of_image))).sum((1, 2)).max()
    points = np.array([0, 1, -1, 2, -2])
    scale = np.array([np.prod([p - q for q in points if q != p]) for p in points])
    to_places = np.vstack([np.vander(points, 4, increasing=True), [0, 0, 0, 1]]).T
    of_filter = np.vstack([np.vander(points, 3, increasing=True) / scale[:, None], [0, 0, 1]])
    rest = [np.append(np.poly([q for q in points if q != p])[::-1], 0) for p in points]
    of_image = np.vstack([*rest, np.poly(points)[::-1]])
    whole = np.einsum("in,nr,np->irp", *(np.abs(m) for m in (to_places, of_filter, of_image))).sum((1, 2)).max()
    assert ours**2 < whole**2 / 3
