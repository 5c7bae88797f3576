"""Training with augmentation: resumed to the same bits, checked, and never augmented where a network is judged or used."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.networks import value_of
from support.runs import assert_same_run, call, config_of, document, interrupted_after, succeed

from netcli.config.load import load
from netcli.executors import EXECUTORS
from netcli.training.session import prepare

AUGMENTED = """\
data: {dataset: digits, batch_size: 64}
model:
  layers:
    - random_shift: 1
    - random_flip: {probability: 0.3}
    - conv: {filters: 4, kernel: 3}
    - random_shift: {pixels: [2, 1], fill: edge}
    - relu
    - random_flip: vertical
    - flatten
    - dense: 10
    - softmax
    - cross_entropy
train: {epochs: 2, optimizer: {adam: 0.01}}
"""


@pytest.mark.parametrize("executor", EXECUTORS)
def test_resumed_to_the_same_bits(executor: str, tmp_path: Path) -> None:
    config = config_of(tmp_path, AUGMENTED)
    succeed("train", config, "--executor", executor, "--run-dir", tmp_path / "whole", "-q")
    with interrupted_after(13):
        assert call("train", config, "--executor", executor, "--run-dir", tmp_path / "cut").exit_code == 130
    succeed("train", "--resume", tmp_path / "cut", "-q")
    assert_same_run(tmp_path / "whole", tmp_path / "cut")


def test_gradients_are_right(tmp_path: Path) -> None:
    found = document("gradcheck", config_of(tmp_path, AUGMENTED))
    assert found["passed"]
    assert {check["name"] for check in found["checks"]} >= {"conv1/weight", "conv1/bias", "dense1/weight"}


def test_evaluation_and_prediction_are_not_augmented(tmp_path: Path) -> None:
    """The predictions are those of the stack without these layers and with the same weights; the training loss is not."""
    plain = "\n".join(line for line in AUGMENTED.splitlines() if "random_" not in line)
    augmented, without = (prepare(load(config_of(tmp_path, text, name))) for text, name in [(AUGMENTED, "a"), (plain, "b")])
    images = augmented.data.train.inputs[:30]
    feeds = {"input": images, "target": augmented.data.train.targets[:30]}
    predictions, losses = (
        [value_of(node, session.initial_state(), feeds) for session, node in ((augmented, one), (without, other))]
        for one, other in [
            (augmented.model.evaluation.prediction, without.model.evaluation.prediction),
            (augmented.model.training.loss, without.model.training.loss),
        ]
    )
    np.testing.assert_array_equal(*predictions)
    assert losses[0] != losses[1]
