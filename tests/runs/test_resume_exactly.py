"""A run that was interrupted and resumed ends in the same bits as one that was not."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from support.runs import (
    IRIS,
    assert_same_run,
    best_of,
    call,
    config_of,
    document,
    interrupted_after,
    last_of,
    metrics_of,
    position_of,
    refused,
    succeed,
    tensors_of,
)

from netcli.config.load import load

DIGITS = Path(__file__).parents[2] / "configs" / "digits-mlp.yaml"  # batch norm, dropout, adamw, cosine with warm-up
STEPS = 41  # of an epoch of it: 1294 examples, 32 at a time
SETTINGS = ("train.epochs=3", "train.l1=0.0001", "train.clip_norm=1")


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of three epochs, on the executor that looks after each step whether it is to stop."""
    run = tmp_path_factory.mktemp("unbroken") / "run"
    succeed("train", DIGITS, *SETTINGS, "executor=numpy", "--run-dir", run, "-q")
    return run


@pytest.mark.slow
@pytest.mark.parametrize(
    "breaks",
    [[1], [20], [STEPS - 1], [STEPS], [STEPS + 1], [2 * STEPS], [3 * STEPS - 1], [5, 10, STEPS - 15, 1, STEPS, 2]],
    ids=lambda breaks: "-".join(map(str, breaks)),
)
def test_interrupted_after_steps(breaks: list[int], unbroken: Path, tmp_path: Path) -> None:
    """Each number: so many steps after the last break, the run is interrupted again."""
    run = tmp_path / "run"
    command: tuple[object, ...] = ("train", DIGITS, *SETTINGS, "executor=numpy", "--run-dir", run)
    for number, steps in enumerate(breaks, start=1):
        with interrupted_after(steps):
            result = call(*command)
        assert result.exit_code == 130
        assert f"netcli train --resume {run} goes on" in result.stderr
        done = sum(breaks[:number])
        found = position_of(last_of(run))
        assert found["epoch"] * STEPS + found["batch"] == done
        assert tensors_of(last_of(run))["step"] == done
        command = ("train", "--resume", run)
    succeed(*command)
    assert_same_run(unbroken, run)
    assert (run / "config.yaml").read_bytes() == (unbroken / "config.yaml").read_bytes()


def test_interrupted_between_the_steps_that_run_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The native executor stops some steps after it was asked; wherever that is, it goes on to the same bits."""
    monkeypatch.setenv("NETCLI_THREADS", "1")
    for run in (tmp_path / "unbroken", tmp_path / "broken"):
        with interrupted_after(1 if run.name == "broken" else 10**6):
            result = call("train", DIGITS, *SETTINGS, "--run-dir", run)
        assert result.exit_code == (130 if run.name == "broken" else 0), result.output
    assert 0 < tensors_of(last_of(tmp_path / "broken"))["step"] < 3 * STEPS
    monkeypatch.setenv("NETCLI_THREADS", "2")
    succeed("train", "--resume", tmp_path / "broken")
    assert_same_run(tmp_path / "unbroken", tmp_path / "broken")


def test_the_states_are_those_of_training(unbroken: Path) -> None:
    """What is compared above is all that training has: weights, slots, statistics, the step and the seed."""
    names = set(tensors_of(last_of(unbroken)))
    parameters = {"dense1/weight", "dense2/weight", "dense3/weight", "dense3/bias"}
    parameters |= {f"batchnorm{index}/{name}" for index in (1, 2) for name in ("scale", "shift")}
    slots = {f"adamw/{slot}/{name}" for slot in ("mean", "square") for name in parameters}
    statistics = {f"batchnorm{index}/running_{name}" for index in (1, 2) for name in ("mean", "variance")}
    assert names >= parameters | slots | statistics | {"seed", "step", "input/mean", "input/deviation"}


def test_two_runs_of_one_seed_are_the_same_and_of_two_seeds_are_not(unbroken: Path, tmp_path: Path) -> None:
    succeed("train", DIGITS, *SETTINGS, "executor=numpy", "--run-dir", tmp_path / "same", "-q")
    assert_same_run(unbroken, tmp_path / "same")
    succeed("train", DIGITS, *SETTINGS, "executor=numpy", "--run-dir", tmp_path / "other", "-q", "--seed", 1)
    weights = [tensors_of(last_of(run))["dense1/weight"] for run in (unbroken, tmp_path / "other")]
    assert not np.allclose(*weights)


def test_more_epochs_go_on_with_a_finished_run(tmp_path: Path) -> None:
    """With a rate that does not depend on the number of epochs, 1 epoch and then 3 are 3 at once."""
    config = config_of(tmp_path)
    succeed("train", config, "train.epochs=3", "--run-dir", tmp_path / "at-once", "-q")
    succeed("train", config, "train.epochs=1", "--run-dir", tmp_path / "bit-by-bit", "-q")
    summary = document("train", "--resume", tmp_path / "bit-by-bit", "train.epochs=3")
    assert (summary["epochs"], summary["steps"], summary["stopped"]) == (3, 21, "finished")
    assert_same_run(tmp_path / "at-once", tmp_path / "bit-by-bit")
    assert load(tmp_path / "bit-by-bit" / "config.yaml").config.train.epochs == 3


def test_a_finished_run_is_left_as_it_is(tmp_path: Path) -> None:
    run = tmp_path / "run"
    first = document("train", config_of(tmp_path), "--run-dir", run)
    kept = {path: path.read_bytes() for path in run.rglob("*") if path.is_file() and path.suffix != ".html"}
    result = succeed("train", "--resume", run)
    assert "nothing is left to do: epoch 2 is done, train.epochs is 2" in result.stderr
    assert document("train", "--resume", run)["test"] == first["test"]
    assert {path: path.read_bytes() for path in kept} == kept
    assert (
        "nothing is left to do: epoch 2 is done, train.epochs is 1"
        in succeed("train", "--resume", run, "train.epochs=1").stderr
    )


def test_a_run_that_stopped_early_does_not_go_on(tmp_path: Path) -> None:
    run = tmp_path / "run"
    settings = ("train.patience=1", "train.epochs=500", "train.optimizer.adam.lr=0.5")
    first = document("train", config_of(tmp_path), *settings, "--run-dir", run)
    assert first["stopped"] == "early"
    again = document("train", "--resume", run)
    assert (again["stopped"], again["epochs"], again["test"]) == ("early", first["epochs"], first["test"])
    assert len(metrics_of(run)) == first["epochs"]
    more = document("train", "--resume", run, "train.patience=1000", f"train.epochs={first['epochs'] + 1}")
    assert (more["stopped"], more["epochs"]) == ("finished", first["epochs"] + 1)


def test_an_entry_without_its_checkpoint_is_trained_again(tmp_path: Path) -> None:
    """The process was killed after it had written the metrics of epoch 2, but before the checkpoint."""
    config = config_of(tmp_path)
    succeed("train", config, "--run-dir", tmp_path / "whole", "-q")
    succeed("train", config, "train.epochs=1", "--run-dir", tmp_path / "cut", "-q")
    with (tmp_path / "cut" / "metrics.jsonl").open("a") as file:
        second = (tmp_path / "whole" / "metrics.jsonl").read_text().splitlines()[1]
        file.write(second + "\n" + second[:100])
    succeed("train", "--resume", tmp_path / "cut", "train.epochs=2", "-q")
    assert_same_run(tmp_path / "whole", tmp_path / "cut")


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two epochs of iris."""
    directory = tmp_path_factory.mktemp("started")
    succeed("train", config_of(directory), "--run-dir", directory / "run", "-q")
    return directory / "run"


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("data.batch_size=20", "was trained with 7 steps an epoch, not 6"),
        ("data.test=0.4", "was trained on other data: examples 108 then, 81 now"),
        ("data.dataset=digits", "dense expected a vector per example, found 1×8×8"),
        ("seed=3", "was trained with the seed 0, not 3"),
        ("train.optimizer=rmsprop", "has no rmsprop/"),
        ("train.optimizer={sgd: {momentum: 0.5}}", "has no sgd/"),
        ("model.layers.0.dense.units=9", "dense1/weight is float32[4, 8], the config makes it float32[4,9]"),
        ("model.layers.0.dense.name=first", "has no first/weight"),
    ],
)
def test_what_cannot_be_gone_on_with(setting: str, said: str, started: Path) -> None:
    kept = {path: path.read_bytes() for path in started.rglob("*") if path.is_file()}
    assert said in refused("train", "--resume", started, setting)
    assert {path: path.read_bytes() for path in started.rglob("*") if path.is_file()} == kept


@pytest.mark.parametrize(
    ("metrics", "said"),
    [
        ("", r"has the epochs \[\], the checkpoint 2"),
        ('{"epoch": 1}\n', "does not fit the config: 'grad_norms'"),
        ('{"epoch": 1, "grad_norms": 3}\n', "does not fit the config"),
        ('{"epoch": 1, "grad_norms": {"dense1/weight": "x"}}\n', "does not fit the config"),
        ('{"epoch": "1"}\n', r"metrics.jsonl:1 is not an entry of metrics"),
        ("[]\n", r"metrics.jsonl:1 is not an entry of metrics"),
        ("\xff\x00\n", r"metrics.jsonl:1 is not an entry of metrics"),
        ("[" * 100_000 + "\n", r"metrics.jsonl:1 is not an entry of metrics"),
    ],
    ids=range(8),
)
def test_metrics_that_were_changed(metrics: str, said: str, started: Path, tmp_path: Path) -> None:
    kept = (started / "metrics.jsonl").read_bytes()
    (started / "metrics.jsonl").write_bytes(metrics.encode("latin-1"))
    try:
        assert re.search(said, refused("train", "--resume", started))
    finally:
        (started / "metrics.jsonl").write_bytes(kept)


def test_the_best_checkpoint_serves_where_the_last_is_lost(tmp_path: Path) -> None:
    config = config_of(tmp_path)
    succeed("train", config, "train.epochs=4", "--run-dir", tmp_path / "whole", "-q")
    succeed("train", config, "train.epochs=4", "--run-dir", tmp_path / "cut", "-q")
    last, best = last_of(tmp_path / "cut"), best_of(tmp_path / "cut")
    last.write_bytes(last.read_bytes()[:-10])
    assert "copied over this one, it serves in its stead" in refused("train", "--resume", tmp_path / "cut")
    last.write_bytes(best.read_bytes())
    succeed("train", "--resume", tmp_path / "cut")
    assert_same_run(tmp_path / "whole", tmp_path / "cut")


def test_another_machine_is_spoken_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with interrupted_after(3):
        call("train", config_of(tmp_path), "executor=numpy", "--run-dir", tmp_path / "run")
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "77")
    result = succeed("train", "--resume", tmp_path / "run")
    assert "77 threads" in result.stderr
    assert "the last bits may differ from an unbroken run" in result.stderr


def test_a_run_in_use_is_not_trained_twice(tmp_path: Path) -> None:
    from netcli.runs.directory import open_run

    succeed("train", config_of(tmp_path), "--run-dir", tmp_path / "run", "-q")
    with open_run(tmp_path / "run").claimed():
        assert "is being trained by another process" in refused("train", "--resume", tmp_path / "run", "train.epochs=5")
    succeed("train", "--resume", tmp_path / "run", "train.epochs=5", "-q")


def test_settings_that_may_change(tmp_path: Path) -> None:
    """The rate, the penalties, the limits and the place of the data are free; training goes on from the same weights."""
    assert "dense: 8" in IRIS
    with interrupted_after(8):
        call("train", config_of(tmp_path), "--run-dir", tmp_path / "run")
    changes = ("train.optimizer.adam.lr=0.001", "train.weight_decay=0.01", "train.clip_norm=0.1", "train.schedule=cosine")
    summary = document("train", "--resume", tmp_path / "run", *changes)
    assert (summary["stopped"], summary["steps"]) == ("finished", 14)


def test_data_with_the_same_shape_and_other_values_is_refused(tmp_path: Path) -> None:
    rows = [f"{x},{x * x % 7},{'ab'[x % 2]}" for x in range(40)]
    table = tmp_path / "d.csv"
    table.write_text("\n".join(["x,y,label", *rows]) + "\n")
    data = f"data: {{dataset: {{csv: {{path: {table}, label: label}}}}}}"
    text = f"{data}\nmodel: {{layers: [dense: 2, softmax, cross_entropy]}}\n"
    config, run = config_of(tmp_path, text), tmp_path / "run"
    succeed("train", config, "train.epochs=1", "--run-dir", run, "-q")
    table.write_text(table.read_text().replace("3,2,b", "3,2,a"))
    assert "was trained on other data: the " in refused("train", "--resume", run, "train.epochs=2")


def test_a_best_checkpoint_of_another_run_is_refused(tmp_path: Path) -> None:
    config = config_of(tmp_path)
    for name in ("one", "two"):
        succeed("train", config, "--run-dir", tmp_path / name, "-q")
    shutil.copy(best_of(tmp_path / "two"), best_of(tmp_path / "one"))
    assert "is a checkpoint of another run than last.safetensors" in refused(
        "train", "--resume", tmp_path / "one", "train.epochs=3"
    )


def test_a_model_that_was_edited_since_is_told(tmp_path: Path) -> None:
    run = tmp_path / "run"
    succeed("train", config_of(tmp_path), "--run-dir", run, "-q")
    edited = run / "config.yaml"
    edited.write_text(edited.read_text().replace("tanh", "relu"))
    for command in (("evaluate", run), ("train", "--resume", run, "train.epochs=3", "-q")):
        assert "is not as it was when" in succeed(*command).stderr
