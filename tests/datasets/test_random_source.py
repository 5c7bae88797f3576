"""Made-up data: of the shape that is asked for, spread evenly, the same every time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from netcli.datasets import DataSettings, load
from netcli.datasets.random import Random


def test_classes(tmp_path: Path) -> None:
    raw = Random(shape=(3, 6, 5), classes=7, examples=2000).read(tmp_path)
    inputs, labels = raw.train.inputs, raw.train.targets
    assert (inputs.shape, inputs.dtype, labels.shape, labels.dtype) == ((2000, 3, 6, 5), np.float32, (2000,), np.int32)
    assert (raw.test, raw.classes, raw.largest) == (None, tuple("0123456"), 1.0)
    assert 0 <= inputs.min() < inputs.max() < 1
    # a share p of n draws lies within 5 √(p (1 - p) / n) of p, but once in a million times
    shares = np.bincount((inputs.reshape(-1) * 10).astype(int), minlength=10) / inputs.size
    np.testing.assert_allclose(shares, 0.1, atol=5 * np.sqrt(0.09 / inputs.size))
    np.testing.assert_allclose(np.bincount(labels) / 2000, 1 / 7, atol=5 * np.sqrt(6 / 49 / 2000))


def test_classes_of_pixels(tmp_path: Path) -> None:
    raw = Random(shape=(3, 6, 5), classes=4, pixels=True, examples=100).read(tmp_path)
    labels = raw.train.targets
    assert (labels.shape, labels.dtype, raw.classes) == ((100, 6, 5), np.int32, tuple("0123"))
    np.testing.assert_allclose(np.bincount(labels.reshape(-1)) / 3000, 1 / 4, atol=5 * np.sqrt(3 / 16 / 3000))


@pytest.mark.parametrize("others", [{"shape": (4,)}, {"shape": (1, 2, 2), "target": (3,)}])
def test_pixels_are_those_of_images_and_have_classes(others: dict[str, tuple[int, ...]]) -> None:
    with pytest.raises(ValidationError, match=r"pixels: true needs a shape of \[channels, rows, columns\], and no target"):
        Random(pixels=True, **others)  # type: ignore[arg-type]


def test_values(tmp_path: Path) -> None:
    raw = Random(shape=(3, 6, 5), target=(1, 6, 5), examples=9).read(tmp_path)
    targets = raw.train.targets
    assert (targets.shape, targets.dtype, raw.classes) == ((9, 1, 6, 5), np.float32, None)
    assert 0 <= targets.min() < targets.max() < 1
    assert not np.isin(targets, raw.train.inputs).all()  # other numbers than the inputs


def test_the_same_every_time_and_with_every_version_of_numpy(tmp_path: Path) -> None:
    first, second = (Random(shape=(4,)).read(tmp_path).train for _ in range(2))
    assert np.array_equal(first.inputs, second.inputs)
    assert np.array_equal(first.targets, second.targets)
    documented = [0.63696169, 0.26978671, 0.04097352, 0.01652764]  # numpy.random.default_rng(0).random(4), in numpy's manual
    np.testing.assert_allclose(first.inputs[0], documented, atol=2**-24)


def test_more_classes_than_examples(tmp_path: Path) -> None:
    settings = DataSettings.model_validate({"dataset": {"random": {"shape": [2, 4, 4], "classes": 1000, "examples": 20}}})
    data = load(settings, tmp_path, seed=0)
    assert (data.input_shape, data.class_count, data.test and len(data.test)) == ((2, 4, 4), 1000, 4)
