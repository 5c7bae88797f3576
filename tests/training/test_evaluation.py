"""Averages, the confusion of classes, class probabilities, the signature of data."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest

from netcli.datasets.dataset import Dataset, Split
from netcli.runs.signature import Signature
from netcli.training.averages import Averages
from netcli.training.confusion import Confusion
from netcli.training.evaluation import BATCH, batches_of, class_probabilities

#: True and predicted classes, and their counts by hand: rows are true classes.
TRUE = np.array([0, 0, 0, 1, 1, 2, 2, 2, 2], np.int32)
PREDICTED = np.array([0, 0, 1, 1, 1, 0, 2, 2, 1])
COUNTS = [[2, 1, 0, 0], [0, 2, 0, 0], [1, 1, 2, 0], [0, 0, 0, 0]]


def test_confusion() -> None:
    found = Confusion.of(("a", "b", "c", "none"), TRUE, PREDICTED)
    assert found.counts.tolist() == COUNTS
    assert found.precision == [2 / 3, 2 / 4, 1.0, None]
    assert found.recall == [2 / 3, 1.0, 2 / 4, None]


def test_confusion_where_one_class_takes_all() -> None:
    found = Confusion.of(("a", "b"), np.array([0, 1], np.int32), np.array([1, 1]))
    assert (found.precision, found.recall) == ([None, 0.5], [0.0, 1.0])


def test_averages_weigh_examples_or_steps() -> None:
    averages = Averages(("loss", "accuracy"))
    assert math.isnan(averages.mean("loss"))
    averages.add(
        {"loss": np.float32(3.0), "accuracy": np.float32(1.0), "grad_norm": np.float32(5.0), "grad_norm/w": np.float32(1)}, 30
    )
    averages.add(
        {"loss": np.float32(1.0), "accuracy": np.float32(0.0), "grad_norm": np.float32(1.0), "grad_norm/w": np.float32(2)}, 10
    )
    assert averages.examples == 40
    assert averages.mean("loss") == (3.0 * 30 + 1.0 * 10) / 40
    assert averages.mean("accuracy") == 30 / 40
    assert averages.mean("grad_norm") == (5.0 + 1.0) / 2
    assert averages.mean("grad_norm/w") == (1.0 + 2.0) / 2


def test_averages_go_on_from_what_was_kept() -> None:
    random = np.random.default_rng(0)
    steps = [
        ({"loss": np.float32(value), "lr": np.float32(value / 7)}, 1 + index % 5)
        for index, value in enumerate(random.random(40))
    ]
    whole, first = Averages(("loss",)), Averages(("loss",))
    for number, (outputs, examples) in enumerate(steps):
        whole.add(outputs, examples)
        if number < 13:
            first.add(outputs, examples)
    second = Averages(("loss",), first.arrays())
    for outputs, examples in steps[13:]:
        second.add(outputs, examples)
    assert second.arrays() == whole.arrays()


def test_averages_are_sums_of_doubles() -> None:
    averages = Averages(("loss",))
    for _ in range(100_000):
        averages.add({"loss": np.float32(0.1)}, 1)
    assert averages.mean("loss") == pytest.approx(float(np.float32(0.1)), rel=1e-9)


@pytest.mark.parametrize("examples", [1, BATCH - 1, BATCH, BATCH + 1, 3 * BATCH + 7])
def test_every_example_is_in_one_batch(examples: int) -> None:
    batches = batches_of(examples)
    assert np.concatenate(batches).tolist() == list(range(examples))
    assert all(0 < len(batch) <= BATCH for batch in batches)


def test_one_output_for_two_classes_is_the_probability_of_the_second() -> None:
    found = class_probabilities(np.array([[0.25], [1.0]]), 2)
    assert found.tolist() == [[0.75, 0.25], [0.0, 1.0]]
    shares = np.array([[0.1, 0.2, 0.7]])
    assert class_probabilities(shares, 3) is shares


def dataset(**changes: object) -> Dataset:
    values: dict[str, object] = {
        "name": "made-up",
        "train": Split(np.zeros((5, 1, 2, 3), np.uint8), np.zeros(5, np.int32)),
        "validation": None,
        "test": None,
        "classes": ("a", "b"),
        "features": None,
        "largest": 255.0,
        "scale": 1.0,
        "mean": np.zeros((1, 1, 1)),
        "deviation": np.ones((1, 1, 1)),
    }
    return Dataset(**(values | changes))  # type: ignore[arg-type]


def differing() -> Iterator[tuple[Dataset, str]]:
    yield dataset(train=Split(np.zeros((6, 1, 2, 3), np.uint8), np.zeros(6, np.int32))), "examples 5 then, 6 now"
    yield dataset(train=Split(np.zeros((5, 4), np.uint8), np.zeros(5, np.int32))), "input shape 1×2×3 then, 4 now"
    yield dataset(train=Split(np.zeros((5, 1, 2, 3), np.float32), np.zeros(5, np.int32))), "input dtype uint8 then, float32 now"
    yield dataset(train=Split(np.zeros((5, 1, 2, 3), np.uint8), np.zeros((5, 7), np.float32))), "target shape () then, 7 now"
    yield dataset(classes=("a", "c")), "classes a, b then, a, c now"
    yield dataset(classes=None), "classes a, b then, None now"
    yield dataset(largest=None), "largest 255.0 then, None now"


def test_signatures_that_differ() -> None:
    signature = Signature.of(dataset())
    assert signature.difference(Signature.of(dataset(mean=np.ones((1, 1, 1)), name="moved"))) is None
    for other, said in differing():
        assert signature.difference(Signature.of(other)) == said
    assert signature.difference(Signature.of(dataset(largest=1.0)), ("largest",)) is None


def test_a_signature_comes_back_from_json() -> None:
    signature = Signature(7, (1, 8, 8), "uint8", (), "int32", ("nä", "ja"), None, 16.0)
    assert Signature.from_json(signature.to_json()) == signature
