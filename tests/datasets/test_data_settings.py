"""The `data:` section: what may be written there."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from pydantic import ValidationError

from netcli.datasets import DataSettings
from netcli.datasets.csv import Csv
from netcli.datasets.digits import Digits
from netcli.datasets.mnist import Mnist

GOOD: list[dict[str, Any]] = [
    {"dataset": "digits"},
    {"dataset": {"digits": None}},
    {"dataset": {"mnist": "data/mnist"}, "batch_size": 1, "shuffle": False},
    {"dataset": {"mnist": {"path": "data/mnist"}}, "validation": 0, "test": 0.5},
    {"dataset": {"csv": {"path": "a.csv", "label": "y", "task": "regression", "delimiter": "\t"}}},
    {"dataset": {"npz": "x.npz"}, "scale": "none", "standardize": "none"},
    {"dataset": "iris", "scale": 3, "standardize": None, "test": None},
    {"dataset": {"random": [3, 32, 32]}},
    {"dataset": {"random": {"shape": [4], "target": [2, 3], "examples": 5}}},
]
BAD: list[tuple[dict[str, Any], str]] = [
    ({}, "dataset"),
    ({"dataset": "digit"}, "dataset"),
    ({"dataset": "mnist"}, "dataset"),
    ({"dataset": {"mnist": ""}}, "dataset"),
    ({"dataset": {"npz": "a\0b"}}, "dataset"),
    ({"dataset": {"mnist": {"path": "a", "directory": "b"}}}, "dataset"),
    ({"dataset": {"csv": "a.csv"}}, "dataset"),
    ({"dataset": {"csv": {"path": "a.csv", "label": "y", "delimiter": ", "}}}, "dataset"),
    ({"dataset": {"csv": {"path": "a.csv", "label": "y", "delimiter": '"'}}}, "dataset"),
    ({"dataset": {"csv": {"path": "a.csv", "label": "y", "task": "clustering"}}}, "dataset"),
    ({"dataset": "random"}, "dataset"),
    ({"dataset": {"random": [3, 0, 32]}}, "dataset"),
    ({"dataset": {"random": [1, 2, 3, 4]}}, "dataset"),
    ({"dataset": {"random": {"shape": [3], "classes": 1}}}, "dataset"),
    ({"dataset": "digits", "batch_size": 0}, "batch_size"),
    ({"dataset": "digits", "batch_size": 1.5}, "batch_size"),
    ({"dataset": "digits", "validation": 1}, "validation"),
    ({"dataset": "digits", "validation": -0.1}, "validation"),
    ({"dataset": "digits", "test": 1.0}, "test"),
    ({"dataset": "digits", "scale": 0}, "scale"),
    ({"dataset": "digits", "scale": "units"}, "scale"),
    ({"dataset": "digits", "standardize": "pixel"}, "standardize"),
    ({"dataset": "digits", "shuffle": "yes"}, "shuffle"),
    ({"dataset": "digits", "batchsize": 4}, "batchsize"),
]


@pytest.mark.parametrize("written", GOOD, ids=str)
def test_good_settings_pass_the_model_and_the_schema(written: dict[str, Any]) -> None:
    DataSettings.model_validate(written)
    jsonschema.validate(written, DataSettings.model_json_schema())


@pytest.mark.parametrize(("written", "key"), BAD, ids=str)
def test_bad_settings_are_refused_at_their_key(written: dict[str, Any], key: str) -> None:
    with pytest.raises(ValidationError) as caught:
        DataSettings.model_validate(written)
    assert {error["loc"][0] for error in caught.value.errors()} == {key}


def test_the_three_ways_to_write_a_data_set() -> None:
    assert DataSettings(dataset="digits").dataset == Digits()  # type: ignore[arg-type]
    assert DataSettings.model_validate({"dataset": {"mnist": "m"}}).dataset == Mnist(path="m")
    named = DataSettings.model_validate({"dataset": {"csv": {"path": "a.csv", "label": "y"}}}).dataset
    assert named == Csv(path="a.csv", label="y", task="classification", delimiter=",")


def test_defaults() -> None:
    settings = DataSettings.model_validate({"dataset": "iris"})
    assert settings.model_dump(exclude={"dataset"}) == {
        "batch_size": 32, "validation": 0.1, "test": None, "scale": "unit", "standardize": None, "shuffle": True,
    }  # fmt: skip


def test_the_settings_of_data_are_explained() -> None:
    assert all(field.description for field in DataSettings.model_fields.values())
