"""The data sets that come with netcli: their published numbers, and where they are found."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import netcli
from netcli.datasets import bundled
from netcli.datasets.digits import Digits
from netcli.datasets.iris import Iris
from netcli.errors import DataError

ROOT = Path(__file__).resolve().parent.parent.parent


def test_digits(tmp_path: Path) -> None:
    raw = Digits().read(tmp_path)
    images, labels = raw.train.inputs, raw.train.targets
    assert images.shape == (1797, 1, 8, 8) and images.dtype == np.uint8 and images.flags.c_contiguous
    assert (images.min(), images.max(), raw.largest) == (0, 16, 16)
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]  # as published
    assert labels.dtype == np.int32 and raw.classes == tuple("0123456789") and raw.test is None
    assert images[0, 0].tolist() == [  # a zero
        [0, 0, 5, 13, 9, 1, 0, 0],
        [0, 0, 13, 15, 10, 15, 5, 0],
        [0, 3, 15, 2, 0, 11, 8, 0],
        [0, 4, 12, 0, 0, 8, 8, 0],
        [0, 5, 8, 0, 0, 9, 8, 0],
        [0, 4, 11, 0, 1, 12, 7, 0],
        [0, 2, 14, 5, 10, 12, 0, 0],
        [0, 0, 6, 13, 10, 0, 0, 0],
    ]


def test_iris(tmp_path: Path) -> None:
    raw = Iris().read(tmp_path)
    assert raw.features == ("sepal_length", "sepal_width", "petal_length", "petal_width")
    assert raw.classes == ("setosa", "versicolor", "virginica")
    assert np.bincount(raw.train.targets).tolist() == [50, 50, 50]
    inputs = raw.train.inputs.astype(np.float64)
    np.testing.assert_allclose(inputs.mean(axis=0), [5.84, 3.06, 3.76, 1.20], atol=0.005)  # as published
    np.testing.assert_allclose(inputs.std(axis=0), [0.83, 0.43, 1.76, 0.76], atol=0.006)
    # Fisher's table in its two places that other copies have wrong.
    np.testing.assert_allclose(inputs[34], [4.9, 3.1, 1.5, 0.2], rtol=1e-6)
    np.testing.assert_allclose(inputs[37], [4.9, 3.6, 1.4, 0.1], rtol=1e-6)


def test_bundled_files_are_small_and_credited() -> None:
    folder = ROOT / "data" / "bundled"
    files = sorted(path.name for path in folder.iterdir())
    attribution = (ROOT / "data" / "LICENSES.md").read_text(encoding="utf-8")
    assert files
    for name in files:
        assert (folder / name).stat().st_size <= 60_000, name
        assert f"bundled/{name}" in attribution


def test_the_installed_place_comes_before_the_source_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed, checkout = tmp_path / "netcli" / "data", tmp_path / "data" / "bundled"
    monkeypatch.setattr(netcli, "__file__", str(tmp_path / "netcli" / "__init__.py"))
    with pytest.raises(DataError) as caught:
        bundled("x.npz")
    assert str(installed) in caught.value.message and str(checkout) in caught.value.message
    for folder in (checkout, installed):
        folder.mkdir(parents=True)
        (folder / "x.npz").write_bytes(b"")
        assert bundled("x.npz") == folder / "x.npz"
