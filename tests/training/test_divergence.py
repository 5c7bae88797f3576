"""A loss, a gradient or an update that is not finite ends training, and the node that it came from is named."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from support.runs import call, config_of, document, last_of, metrics_of, position_of, succeed, tensors_of

from netcli.autodiff import gradients
from netcli.executors import State
from netcli.graph import Array, Graph, Node, TensorType, layer, phase, placeholder, variable
from netcli.ops import batch_mean, exp, greater, log, norm, select, sqrt, sum_over
from netcli.training.divergence import NonFinite, first_non_finite

X = placeholder("input", TensorType((2,), "float32", varying=True))
with layer("first", 3):
    W = variable("first/weight", (2,), lambda _, shape: np.ones(shape))
    H = X * W  # (n, 2)


def blamed(
    outputs: Mapping[str, Node], x: Array, w: tuple[float, float] = (1.0, 1.0), guards: tuple[str, ...] = ("loss",)
) -> NonFinite | None:
    """What is found for inputs (n, 2) and weights (2,)."""
    state = State({"first/weight": np.array(w, np.float32)})
    return first_non_finite(Graph(outputs), state, {"input": x.astype(np.float32)}, guards)


def loss_of(y: Node) -> Node:
    with layer("loss", 9):
        return batch_mean(sum_over(y))


def test_nothing_is_blamed_where_all_is_finite() -> None:
    assert blamed({"loss": loss_of(log(H))}, np.ones((3, 2))) is None


def test_the_log_of_a_negative_number() -> None:
    with layer("logs", 4):
        y = log(H)
        z = y * 2.0 + 1.0
    found = blamed({"loss": loss_of(z)}, np.array([[1.0, 2.0], [-3.0, 4.0], [5.0, -6.0]]))
    assert found is not None
    assert (found.node, found.layer, found.node.origin.line) == (y, "logs", 4)
    assert (found.bad, found.size) == (2, 6)
    assert str(found) == (
        "logs/log, log of layer logs, line 4: 2 of 6 values are NaN or infinite; first/multiply ranges from -6 to 5"
    )


def test_a_weight_that_is_infinite() -> None:
    found = blamed({"loss": loss_of(H)}, np.ones((3, 2)), w=(1.0, math.inf))
    assert found is not None
    assert (found.node, found.layer) == (W, "first")
    assert str(found) == "first/weight, variable first/weight: 1 of 2 values are NaN or infinite"


def test_overflow_of_float32() -> None:
    with layer("powers", 4):
        y = exp(H)
    found = blamed({"loss": loss_of(log(y))}, np.array([[1.0, 100.0]]))
    assert found is not None
    assert found.node == y


def test_born_in_the_backward_graph() -> None:
    """The square root of 0 is 0; its derivative there is infinite."""
    with layer("roots", 4):
        y = sqrt(H)
    loss = loss_of(y)
    (g,) = gradients([loss], [W])
    outputs = {"loss": loss, "grad_norm": norm(g)}
    found = blamed(outputs, np.array([[0.0, 1.0]]), guards=("loss", "grad_norm"))
    assert found is not None
    assert (found.layer, found.node.origin.line, found.node.origin.phase) == ("roots", 4, "backward")
    assert "of layer roots, line 4 in the backward graph" in str(found)


def test_born_in_the_update() -> None:
    with phase("update"), layer("first", 3):
        changed = W * 1e38 * 1e38
        reach = norm(changed)
    found = blamed({"loss": loss_of(H), "update_norm/w": reach}, np.ones((1, 2)), guards=("loss", "update_norm/w"))
    assert found is not None
    assert (found.layer, found.node.origin.phase) == ("first", "update")
    assert "of layer first, line 3 in the update: 2 of 2 values" in str(found)


def test_what_belongs_to_no_layer_is_placed_at_what_it_is_made_of() -> None:
    with phase("update"):
        squares = sum_over(W * W)
    found = blamed({"grad_norm": sqrt(squares)}, np.ones((1, 2)), w=(1e30, 1.0), guards=("grad_norm",))
    assert found is not None
    assert found.node.origin.layer == ""
    assert found.layer == "first"


def test_an_infinity_that_is_left_aside_is_not_blamed() -> None:
    """The first value that is not finite, in graph order, is one that `select` drops; the loss comes from the second."""
    with layer("harmless", 4):
        kept = select(greater(H, 50.0), H, exp(H))  # exp overflows exactly where it is not used
    with layer("harmful", 5):
        y = log(kept - 200.0)
    metric = batch_mean(sum_over(log(X * 0.0 - 1.0)))
    outputs = {"metric": metric, "loss": loss_of(y)}
    assert blamed({**outputs, "loss": loss_of(kept)}, np.array([[100.0, 300.0]])) is None
    found = blamed(outputs, np.array([[100.0, 300.0]]))
    assert found is not None
    assert (found.layer, found.node) == ("harmful", y)


# ---------------------------------------------------------------------------------------------------------------------


REGRESSION = """\
data: {dataset: {npz: values.npz}, batch_size: 8, validation: 0, test: 0, shuffle: false}
model:
  layers:
    - dense: {units: 1, name: line}
    - mse
train: {epochs: 100, optimizer: {sgd: {lr: 10.0}}}
"""


@pytest.fixture
def values(tmp_path: Path) -> Path:
    """A config that diverges little by little: each step makes the weights some hundred times larger."""
    random = np.random.default_rng(0)
    x = random.normal(size=(24, 3))
    np.savez(tmp_path / "values.npz", x=x.astype(np.float32), y=(x.sum(axis=1) * 100).astype(np.float32))
    return config_of(tmp_path, REGRESSION, "values")


def test_the_place_the_position_and_a_state_that_is_finite(values: Path, tmp_path: Path) -> None:
    result = call("train", values, "--run-dir", tmp_path / "run")
    assert result.exit_code == 1
    said = re.search(
        rf"^{values}:4:7: error: training diverged in epoch (\d+), step (\d) of it: \S+, \w+ of layer \w+, line [45]\D",
        result.stderr,
        flags=re.MULTILINE,
    )
    assert said, result.stderr
    assert "    4 |     - dense: {units: 1, name: line}\n      |       ^\n" in result.stderr
    assert f"kept in {last_of(tmp_path / 'run')}" in result.stderr
    epoch, step = int(said[1]), int(said[2])
    assert 2 <= epoch <= 20
    position = position_of(last_of(tmp_path / "run"))
    assert (position["epoch"] + 1, position["batch"] + 1) == (epoch, step)
    assert len(metrics_of(tmp_path / "run")) == epoch - 1
    for name, value in tensors_of(last_of(tmp_path / "run")).items():
        assert np.isfinite(value).all(), name


def test_the_summary_and_going_on_with_a_lower_rate(values: Path, tmp_path: Path) -> None:
    summary = document("train", values, "--run-dir", tmp_path / "run", code=1)
    assert (summary["stopped"], summary["test"]) == ("diverged", None)
    before = tensors_of(last_of(tmp_path / "run"))
    assert summary["steps"] == before["step"]
    again = document("train", "--resume", tmp_path / "run", code=1)
    assert (again["steps"], again["stopped"]) == (summary["steps"], "diverged")
    settings = ("train.optimizer.sgd.lr=0.1", f"train.epochs={summary['epochs'] + 30}")
    mended = document("train", "--resume", tmp_path / "run", *settings)
    assert mended["stopped"] == "finished"
    assert mended["train"]["loss"] < 1e-3 * metrics_of(tmp_path / "run")[summary["epochs"] - 1]["train"]["loss"]


def test_divergence_in_the_first_step(tmp_path: Path) -> None:
    summary = document("train", config_of(tmp_path), "train.optimizer.adam.lr=1e30", "--run-dir", tmp_path / "run", code=1)
    assert summary["train"] == {"loss": None, "accuracy": None}
    assert (summary["epochs"], summary["steps"], summary["stopped"]) == (0, 0, "diverged")
    succeed("train", "--resume", tmp_path / "run", "train.optimizer.adam.lr=0.01", "-q")


def test_statistics_that_overflow(tmp_path: Path) -> None:
    """The variance of a batch is infinite, its normalised values are 0 and the loss is finite: the state would not be."""
    x = np.random.default_rng(0).normal(size=(40, 4)).astype(np.float32) * 1e30
    np.savez(tmp_path / "large.npz", x=x, y=np.arange(40) % 2)
    text = (
        "data: {dataset: {npz: large.npz}, standardize: none}\n"
        "model: {layers: [dense: 4, {batchnorm: {name: bn}}, relu, dense: 2, softmax, cross_entropy]}\n"
    )
    result = call("train", config_of(tmp_path, text), "--run-dir", tmp_path / "run")
    assert result.exit_code == 1
    assert "of layer bn, line 2:" in result.stderr
    assert all(np.isfinite(value).all() for value in tensors_of(last_of(tmp_path / "run")).values())


def test_validation_that_overflows_is_no_divergence(tmp_path: Path) -> None:
    """Nor is it the best there can be: a finite epoch after it is better."""
    random = np.random.default_rng(0)
    x = random.normal(size=(40, 1)).astype(np.float32)
    np.savez(tmp_path / "v.npz", x=x, y=x)
    text = (
        "data: {dataset: {npz: v.npz}, standardize: none, test: 0, validation: 0.1}\n"
        "model: {layers: [dense: 1, mse]}\n"
        "train: {epochs: 3, optimizer: {sgd: 0.1}}\n"
    )
    config = config_of(tmp_path, text)
    import netcli.training.loop as loop

    measured = iter([math.nan, math.inf, 2.0, 3.0])

    class Overflowing(loop.Evaluator):
        def __call__(self, *arguments: object) -> dict[str, float]:
            return {"loss": next(measured), "mae": 1.0}

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(loop, "Evaluator", Overflowing)
        succeed("train", config, "--run-dir", tmp_path / "run", "-q", "train.epochs=4")
    assert [entry["best"] for entry in metrics_of(tmp_path / "run")] == [True, True, True, False]
    assert [entry["validation"]["loss"] for entry in metrics_of(tmp_path / "run")] == [None, None, 2.0, 3.0]
    position = position_of(last_of(tmp_path / "run"))
    assert (position["best"], position["best_epoch"]) == (2.0, 3)


@pytest.mark.filterwarnings("ignore:overflow encountered in cast")  # numpy, of the rate
def test_what_belongs_to_no_layer_has_no_place(tmp_path: Path) -> None:
    """A rate beyond float32 is no layer's fault."""
    result = call("train", config_of(tmp_path), "train.optimizer.adam.lr=1e300", "--run-dir", tmp_path / "run")
    assert result.exit_code == 1
    assert result.stderr.startswith("error: training diverged in epoch 1, step 1 of it: lr, setting")
