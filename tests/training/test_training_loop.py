"""What training does with all kinds of data and settings."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.runs import IRIS, best_of, config_of, document, last_of, metrics_of, refused, succeed, tensors_of

from netcli.optimizers.optimizer import OPTIMIZERS


def random() -> np.random.Generator:
    """The same numbers in each test."""
    return np.random.default_rng(0)


def classes(count: int, examples: int, features: int = 4) -> dict[str, Any]:
    """Points around a centre for each class, easily told apart."""
    labels = np.arange(examples) % count
    centres = np.random.default_rng(1).normal(size=(count, features)) * 4
    return {"x": (centres[labels] + random().normal(size=(examples, features))).astype(np.float32), "y": labels}


def trained(tmp_path: Path, data: dict[str, Any], layers: str, *settings: str) -> dict[str, Any]:
    """The summary of a network that is trained on arrays."""
    np.savez(tmp_path / "d.npz", **data)
    text = f"data: {{dataset: {{npz: d.npz}}}}\nmodel: {{layers: [{layers}]}}\ntrain: {{epochs: 2}}\n"
    result: dict[str, Any] = document("train", config_of(tmp_path, text), *settings, "--run-dir", tmp_path / "run")
    assert result["stopped"] == "finished"
    assert math.isfinite(result["train"]["loss"])
    return result


CLASSIFIER = "dense: 8, relu, dense: 3, softmax, cross_entropy"


# --- when it stops ---------------------------------------------------------------------------------------------------


def test_patience(tmp_path: Path) -> None:
    """It stops after the second epoch in a row that is no better than the best one."""
    settings = ("train.patience=2", "train.epochs=400", "train.optimizer.adam.lr=0.3")
    summary = document("train", config_of(tmp_path), *settings, "--run-dir", tmp_path / "run")
    losses = [line["validation"]["loss"] for line in metrics_of(tmp_path / "run")]
    best = losses.index(min(losses))
    assert summary["stopped"] == "early"
    assert summary["epochs"] == len(losses) == best + 1 + 2
    assert [line["best"] for line in metrics_of(tmp_path / "run")] == [
        loss < min(losses[:number], default=math.inf) for number, loss in enumerate(losses)
    ]
    steps = {file(tmp_path / "run"): int(tensors_of(file(tmp_path / "run"))["step"]) for file in (best_of, last_of)}
    assert list(steps.values()) == [7 * (best + 1), 7 * len(losses)]
    assert summary["test"] == document("evaluate", tmp_path / "run")["metrics"]  # with the best weights
    assert summary["validation"] == metrics_of(tmp_path / "run")[-1]["validation"]  # of the last epoch


def test_patience_without_validation_looks_at_training(tmp_path: Path) -> None:
    settings = ("data.validation=0", "train.patience=1", "train.epochs=300", "train.optimizer.adam.lr=0.3")
    summary = document("train", config_of(tmp_path), *settings, "--run-dir", tmp_path / "run")
    losses = [line["train"]["loss"] for line in metrics_of(tmp_path / "run")]
    assert summary["stopped"] == "early"
    assert losses[-1] >= losses[-2]
    assert summary["validation"] is None
    assert all(line["validation"] is None for line in metrics_of(tmp_path / "run"))


def test_an_equal_loss_is_no_better(tmp_path: Path) -> None:
    settings = ("train.patience=2", "train.epochs=9", "train.optimizer.adam.lr=1e-30")
    assert document("train", config_of(tmp_path), *settings, "--run-dir", tmp_path / "run")["stopped"] == "early"
    assert [line["best"] for line in metrics_of(tmp_path / "run")] == [True, False, False]


def test_the_loss_of_an_epoch_is_the_mean_over_its_examples(tmp_path: Path) -> None:
    """With a rate next to 0 every batch, also the smaller last one, is evaluated with the first weights."""
    settings = ("train.epochs=1", "train.optimizer.adam.lr=1e-30", "data.batch_size=50")
    summary = document("train", config_of(tmp_path), *settings, "--run-dir", tmp_path / "run")
    whole = document("evaluate", tmp_path / "run", "--split", "train")["metrics"]
    assert summary["train"] == pytest.approx(whole, rel=1e-6)


# --- data ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("batch", [1, 7, 108, 109, 10**12, 10**30])
def test_batch_sizes(batch: int, tmp_path: Path) -> None:
    summary = document(
        "train", config_of(tmp_path), f"data.batch_size={batch}", "train.epochs=1", "--run-dir", tmp_path / "run"
    )
    assert summary["steps"] == -(-108 // batch)


@pytest.mark.parametrize("layers", ["dense: 8, batchnorm: , relu, dense: 3, softmax, cross_entropy", CLASSIFIER])
def test_a_last_batch_of_one(layers: str, tmp_path: Path) -> None:
    settings = ("data.batch_size=8", "data.test=0", "data.validation=0")
    assert trained(tmp_path, classes(3, 33), layers, *settings)["steps"] == 2 * 5


def test_no_test_and_no_validation(tmp_path: Path) -> None:
    summary = trained(tmp_path, classes(3, 33), CLASSIFIER, "data.test=0", "data.validation=0")
    assert (summary["test"], summary["validation"]) == (None, None)
    for split in ("test", "validation"):
        assert f"has no {split} split" in refused("evaluate", tmp_path / "run", "--split", split)


def test_without_shuffling_each_epoch_has_the_same_batches(tmp_path: Path) -> None:
    """At a rate next to 0 the gradients of all epochs are then the same, and otherwise not."""
    norms = {}
    for shuffle in ("true", "false"):
        run = tmp_path / shuffle
        settings = (f"data.shuffle={shuffle}", "train.optimizer.adam.lr=1e-30", "data.batch_size=10")
        succeed("train", config_of(tmp_path), *settings, "--run-dir", run, "-q")
        norms[shuffle] = [line["grad_norm"] for line in metrics_of(run)]
    assert norms["false"][0] == norms["false"][1]
    assert norms["true"][0] != norms["true"][1]


@pytest.mark.parametrize("examples", [3, 4, 5])
def test_hardly_any_examples(examples: int, tmp_path: Path) -> None:
    trained(tmp_path, classes(3, examples), CLASSIFIER)


def test_one_example_of_each_class(tmp_path: Path) -> None:
    trained(tmp_path, classes(3, 3), CLASSIFIER, "data.test=0", "data.validation=0")


def test_one_example_is_not_divided(tmp_path: Path) -> None:
    data = {"x": np.ones((1, 4), np.float32), "y": np.array([0])}
    layers = "dense: 1, softmax, cross_entropy"
    summary = trained(tmp_path, data, layers, "data.test=0", "data.validation=0")
    assert summary["train"] == {"loss": 0, "accuracy": 1}
    config = tmp_path / "small.yaml"
    assert "there is only one example to divide" in refused("train", config, "data.validation=0")
    assert "there is only one example to divide" in refused("train", config, "data.test=0")


def test_pictures_of_one_pixel(tmp_path: Path) -> None:
    data = {"x": random().integers(0, 256, size=(30, 1, 1, 1), dtype=np.uint8), "y": np.arange(30) % 2}
    trained(tmp_path, data, "conv: {filters: 2, kernel: 1}, relu, flatten, dense: 2, softmax, cross_entropy")


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_pictures_with_colours(dtype: type, tmp_path: Path) -> None:
    x = random().integers(0, 256, size=(40, 3, 6, 5)).astype(dtype)
    layers = "conv: {filters: 4, kernel: [3, 2]}, relu, maxpool: 2, flatten, dense: 4, softmax, cross_entropy"
    trained(tmp_path, {"x": x, "y": np.arange(40) % 4}, layers)


def test_inputs_that_are_all_alike(tmp_path: Path) -> None:
    data = {"x": np.full((30, 4), 7.0, np.float32), "y": np.arange(30) % 2}
    summary = trained(tmp_path, data, "dense: 2, softmax, cross_entropy", "train.epochs=20")
    assert summary["train"]["loss"] == pytest.approx(math.log(2), abs=0.02)


@pytest.mark.parametrize(
    ("layers", "metric"),
    [
        ("dense: 1, mse", "mae"),
        ("dense: 1, mae", "mae"),
        ("dense: 1, huber: 0.5", "mae"),
        ("dense: 1, {huber: {delta: 100}}", "mae"),
    ],
)
def test_regression_on_a_table(layers: str, metric: str, tmp_path: Path) -> None:
    rows = [(number / 10, (number * 7 % 13) / 5) for number in range(60)]
    table = "a;b;y\n" + "".join(f"{a};{b};{2 * a - b + 1}\n" for a, b in rows)
    (tmp_path / "t.csv").write_text(table)
    text = (
        'data: {dataset: {csv: {path: t.csv, label: y, task: regression, delimiter: ";"}}, batch_size: 8}\n'
        f"model: {{layers: [{layers}]}}\ntrain: {{epochs: 60, optimizer: {{adam: 0.3}}}}\n"
    )
    summary = document("train", config_of(tmp_path, text), "--run-dir", tmp_path / "run")
    assert list(summary["test"]) == ["loss", metric]
    assert summary["test"]["mae"] < 0.5  # the table is a plane, and 2 a - b + 1 goes from -1 to 13


def test_two_classes_of_a_table_with_one_output(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(
        "a,b,sort\n" + "".join(f"{n % 10},{n % 7},{'ja' if n % 10 > 4 else 'nein'}\n" for n in range(80))
    )
    text = (
        "data: {dataset: {csv: {path: t.csv, label: sort}}}\n"
        "model: {layers: [dense: 1, sigmoid, binary_cross_entropy]}\ntrain: {epochs: 60, optimizer: {adam: 0.1}}\n"
    )
    assert document("train", config_of(tmp_path, text), "--run-dir", tmp_path / "run")["test"]["accuracy"] == 1.0


# --- settings --------------------------------------------------------------------------------------------------------


def test_everything_at_once(tmp_path: Path) -> None:
    settings = (
        "train.clip_norm=0.5", "train.clip_value=0.1", "train.weight_decay=0.001", "train.l1=0.0001",
        "train.schedule={one_cycle: {}}", "train.optimizer={sgd: {lr: 0.1, momentum: 0.9, nesterov: true}}",
    )  # fmt: skip
    layers = "dense: 8, layernorm: , gelu, dropout: 0.3, dense: 3, softmax, {cross_entropy: {label_smoothing: 0.1}}"
    trained(tmp_path, classes(3, 60), layers, *settings)


def test_label_smoothing_raises_the_least_loss(tmp_path: Path) -> None:
    """With ε of 0.3 over 3 classes, the loss cannot be less than the entropy of (0.8, 0.1, 0.1)."""
    least = -(0.8 * math.log(0.8) + 0.2 * math.log(0.1))
    for smoothing, low, high in ((0.3, least, least + 0.2), (0.0, 0.0, 0.2)):
        (tmp_path / str(smoothing)).mkdir()
        layers = f"dense: 3, softmax, {{cross_entropy: {{label_smoothing: {smoothing}}}}}"
        settings = ("train.epochs=25", "train.optimizer={adam: 0.3}")
        assert low <= trained(tmp_path / str(smoothing), classes(3, 90), layers, *settings)["train"]["loss"] < high


def test_penalties_make_weights_smaller(tmp_path: Path) -> None:
    weights = {}
    for setting in ("train.l1=0", "train.l1=0.3", "train.weight_decay=0.5"):
        run = tmp_path / setting
        succeed(
            "train", config_of(tmp_path), setting, "train.epochs=20", "train.optimizer.adam.lr=0.05", "--run-dir", run, "-q"
        )
        weights[setting] = np.abs(tensors_of(last_of(run))["dense1/weight"]).sum()
    plain, *penalized = weights.values()
    assert all(value < 0.5 * plain for value in penalized)


def test_the_schedule_is_that_of_the_steps(tmp_path: Path) -> None:
    """A rate that is halved after each epoch: 7 steps at each."""
    settings = ("train.schedule={step: {epochs: 1, gamma: 0.5}}", "train.epochs=3")
    succeed("train", config_of(tmp_path), *settings, "--run-dir", tmp_path / "run", "-q")
    assert [line["lr"] for line in metrics_of(tmp_path / "run")] == pytest.approx([0.01, 0.005, 0.0025])


@pytest.mark.parametrize("optimizer", OPTIMIZERS.members)
def test_every_optimizer_learns_iris(optimizer: str, tmp_path: Path) -> None:
    text = IRIS.replace("optimizer: {adam: 0.01}", f"optimizer: {{{optimizer}: {{lr: 0.05}}}}")
    summary = document("train", config_of(tmp_path, text), "train.epochs=25", "--run-dir", tmp_path / "run")
    assert summary["test"]["accuracy"] >= 0.85


# --- what cannot be trained ------------------------------------------------------------------------------------------


def test_a_network_without_parameters(tmp_path: Path) -> None:
    np.savez(
        tmp_path / "d.npz",
        x=random().normal(size=(20, 4)).astype(np.float32),
        y=random().normal(size=(20, 4)).astype(np.float32),
    )
    text = "data: {dataset: {npz: d.npz}}\nmodel:\n  layers:\n    - relu\n    - mse\n"
    config = config_of(tmp_path, text)
    message = refused("train", config, "--run-dir", tmp_path / "run")
    assert message.startswith(f"{config}:3:3: error: there is nothing to train: no layer has weights\n    3 |   layers:\n")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("units", [10**13, 10**25])
def test_layers_beyond_any_machine(units: int, tmp_path: Path) -> None:
    config = config_of(tmp_path, IRIS.replace("dense: 8", f"dense: {units}"))
    message = refused("train", config)
    assert message.startswith(
        f"{config}:4:7: error: dense1: an output of {units} values is more than any machine holds\n    4 | "
    )


def test_more_than_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import netcli.training.session as session

    def initial_state(*arguments: object) -> None:
        np.zeros((4, 2**39))

    monkeypatch.setattr(session, "initial_state", initial_state)
    message = refused("train", config_of(tmp_path), "--run-dir", tmp_path / "run")
    assert message.startswith("error: there is not enough memory: Unable to allocate 16.0 TiB")
    assert "smaller data.batch_size" in message
