"""From the settings to the data set: parts, scale, statistics."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netcli.datasets import Dataset, DataSettings, Split, load
from netcli.errors import DataError


def prepare(dataset: Any, folder: Path = Path(), seed: int = 0, **settings: Any) -> Dataset:
    return load(DataSettings.model_validate({"dataset": dataset, **settings}), folder, seed)


def rows(split: Split | None) -> set[bytes]:
    assert split is not None
    return {row.tobytes() for row in split.inputs}


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """200 different colour images of bytes, two classes, and 20 for testing."""
    x = np.random.default_rng(0).integers(0, 256, (220, 3, 4, 5)).astype(np.uint8)
    y = np.arange(220) % 2
    np.savez(tmp_path / "own.npz", x_train=x[:200], y_train=y[:200], x_test=x[200:], y_test=y[200:])
    np.savez(tmp_path / "whole.npz", x=x, y=y)
    return tmp_path


def test_the_parts_of_a_source_without_a_test_split(images: Path) -> None:
    dataset = prepare({"npz": "whole.npz"}, images)
    assert dataset.validation is not None and dataset.test is not None
    assert [len(dataset.train), len(dataset.validation), len(dataset.test)] == [158, 18, 44]  # 20 % of 220, 10 % of 176
    train, validation, test = rows(dataset.train), rows(dataset.validation), rows(dataset.test)
    assert len(train | validation | test) == 220
    for part in (dataset.train, dataset.validation, dataset.test):
        assert np.bincount(part.targets).tolist() == [len(part) // 2] * 2
        assert part.inputs.dtype == np.uint8 and part.inputs.flags.c_contiguous


def test_the_parts_of_a_source_with_a_test_split(images: Path) -> None:
    dataset = prepare({"npz": "own.npz"}, images, validation=0.25)
    assert dataset.validation is not None and dataset.test is not None
    assert [len(dataset.train), len(dataset.validation), len(dataset.test)] == [150, 50, 20]
    with np.load(images / "own.npz") as own:
        np.testing.assert_array_equal(dataset.test.inputs, own["x_test"])


def test_parts_can_be_left_out(images: Path) -> None:
    dataset = prepare({"npz": "whole.npz"}, images, validation=0.0, test=0.0)
    assert dataset.validation is None and dataset.test is None
    with np.load(images / "whole.npz") as whole:
        np.testing.assert_array_equal(dataset.train.inputs, whole["x"])


def test_the_seed_decides_and_the_test_part_does_not_depend_on_validation(images: Path) -> None:
    first = prepare({"npz": "whole.npz"}, images, seed=5)
    assert rows(first.validation) == rows(prepare({"npz": "whole.npz"}, images, seed=5).validation)
    assert rows(first.validation) != rows(prepare({"npz": "whole.npz"}, images, seed=6).validation)
    assert rows(first.test) == rows(prepare({"npz": "whole.npz"}, images, seed=5, validation=0.5).test)
    assert rows(first.test) != rows(prepare({"npz": "whole.npz"}, images, seed=6).test)


@pytest.mark.parametrize(
    ("standardize", "axes"), [(None, (0, 2, 3)), ("channel", (0, 2, 3)), ("feature", (0,)), ("all", (0, 1, 2, 3))]
)
def test_statistics_come_from_the_scaled_training_part_alone(
    images: Path, standardize: str | None, axes: tuple[int, ...]
) -> None:
    dataset = prepare({"npz": "whole.npz"}, images, standardize=standardize, validation=0.5, test=0.4)
    scaled = dataset.train.inputs.astype(np.float64) / 255
    np.testing.assert_allclose(dataset.mean, scaled.mean(axes, keepdims=True)[0], rtol=1e-12)
    np.testing.assert_allclose(dataset.deviation, scaled.std(axes, keepdims=True)[0], rtol=1e-12)
    assert dataset.scale == 1 / 255
    normalised = (dataset.train.inputs * dataset.scale - dataset.mean) / dataset.deviation
    assert abs(normalised.mean()) < 1e-12
    with np.load(images / "whole.npz") as whole:  # so close that a mean of all data would pass by accident it is not
        everything = whole["x"].astype(np.float64) / 255
    assert not np.allclose(dataset.mean, everything.mean(axes, keepdims=True)[0], rtol=1e-6)


def test_without_standardising_nothing_is_moved(images: Path) -> None:
    dataset = prepare({"npz": "whole.npz"}, images, standardize="none", scale="none")
    assert (dataset.scale, dataset.mean.tolist(), dataset.deviation.tolist()) == (1.0, [[[0.0]]], [[[1.0]]])
    assert prepare("iris", standardize="none").mean.tolist() == [0.0]


@pytest.mark.parametrize(("scale", "expected"), [("unit", 1 / 16), ("none", 1.0), (0.5, 0.5), (2, 2.0)])
def test_scale(scale: str | float, expected: float) -> None:
    dataset = prepare("digits", scale=scale, standardize="all")
    assert dataset.scale == expected and isinstance(dataset.scale, float)
    assert dataset.mean.item() == pytest.approx(dataset.train.inputs.mean() * expected, rel=1e-12)
    assert dataset.train.inputs.max() == 16  # the arrays stay as they are


def test_unit_is_one_where_the_range_is_not_known() -> None:
    assert prepare("iris").scale == 1.0


def test_a_constant_feature_has_deviation_one(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b,y\n" + "".join(f"0.1,{row},{row % 2}\n" for row in range(40)))
    dataset = prepare({"csv": {"path": "t.csv", "label": "y"}}, tmp_path)
    assert dataset.deviation[0] == 1.0 and dataset.deviation[1] > 1.0
    assert dataset.mean[0] == np.float64(np.float32(0.1))


def test_what_a_data_set_says_of_itself(tmp_path: Path) -> None:
    digits, iris = prepare("digits"), prepare("iris")
    assert (digits.name, digits.input_shape, digits.target_shape, digits.class_count) == ("digits", (1, 8, 8), (), 10)
    assert (digits.largest, digits.mean.shape, digits.deviation.shape) == (16, (1, 1, 1), (1, 1, 1))
    assert (iris.name, iris.input_shape, iris.target_shape, iris.class_count) == ("iris", (4,), (), 3)
    assert (iris.largest, iris.mean.shape, iris.features is not None) == (None, (4,), True)
    (tmp_path / "t.csv").write_text("a,y\n1,2\n3,4\n5,6\n7,8\n")
    values = prepare({"csv": {"path": "t.csv", "label": "y", "task": "regression"}}, tmp_path)
    assert (values.input_shape, values.target_shape, values.class_count, values.classes) == ((1,), (1,), None, None)


def test_settings_that_do_not_fit_the_data_are_refused(images: Path) -> None:
    with pytest.raises(DataError, match=r"data\.test is 0\.2, but .*own\.npz has a test split of its own, of 20 examples"):
        prepare({"npz": "own.npz"}, images, test=0.2)
    with pytest.raises(DataError, match=r"data\.standardize is channel, but the inputs are vectors of 4 features"):
        prepare("iris", standardize="channel")


def test_one_example_cannot_be_divided(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,y\n1,2\n")
    with pytest.raises(DataError, match=r"data\.test is 0\.2, but there is only one example") as caught:
        prepare({"csv": {"path": "t.csv", "label": "y"}}, tmp_path)
    assert caught.value.hint is not None and "data.test to 0" in caught.value.hint
    with pytest.raises(DataError, match=r"data\.validation is 0\.1, but there is only one example"):
        prepare({"csv": {"path": "t.csv", "label": "y"}}, tmp_path, test=0.0)
    alone = prepare({"csv": {"path": "t.csv", "label": "y"}}, tmp_path, test=0.0, validation=0.0)
    assert len(alone.train) == 1 and alone.deviation.tolist() == [1.0]
