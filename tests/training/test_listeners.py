"""Who is told how a training goes, in which order; and that nothing is written before the largest batch is prepared."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from support.runs import config_of, interrupted_after, metrics_of, position_of, refused, succeed

from netcli.config.load import load
from netcli.errors import CheckpointError, ExecutorError
from netcli.executors.llvm import LlvmProgram
from netcli.executors.numpy import NumpyProgram
from netcli.runs.directory import create
from netcli.runs.metrics import EpochRecord
from netcli.training.listeners import Checkpoints, Listener, Metrics, Patience, best_state
from netcli.training.loop import Outcome, Trainer
from netcli.training.session import prepare
from netcli.training.start import begin
from netcli.training.summary import Summary


class Writer(Listener):
    """Writes down what it is told."""

    def __init__(self, name: str, told: list[str]) -> None:
        self.name, self.told = name, told

    def started(self, trainer: Trainer) -> None:
        self.told.append(f"{self.name} started at epoch {trainer.position.epoch}")

    def epoch_started(self, trainer: Trainer) -> None:
        self.told.append(f"{self.name} epoch started")

    def step(self, trainer: Trainer) -> None:
        self.told.append(f"{self.name} step {trainer.position.batch}, {trainer.position.examples} examples")

    def epoch_finished(self, trainer: Trainer, record: EpochRecord) -> None:
        self.told.append(f"{self.name} epoch {record.epoch} finished")

    def ended(self, trainer: Trainer, summary: Summary) -> None:
        self.told.append(f"{self.name} ended: {summary.stopped}")


def trainer_of(folder: Path, *overrides: str) -> Trainer:
    session = prepare(load(config_of(folder), ["executor=numpy", "data.batch_size=54", *overrides]))
    return Trainer(session, begin(session))


def trained(folder: Path, trainer: Trainer, *listeners: Listener) -> Outcome:
    run = create("small", folder / "run", "name: small\n")
    keeping = [Metrics(run), Checkpoints(run)]
    return trainer.train([*keeping, *listeners], lambda: best_state(run, trainer.session.model.variables.values()))


def test_each_is_told_in_turn(tmp_path: Path) -> None:
    told: list[str] = []
    trained(tmp_path, trainer_of(tmp_path, "train.epochs=1"), Writer("a", told), Writer("b", told))
    events = ["started at epoch 0", "epoch started", "step 1, 54 examples", "step 2, 108 examples"]
    assert told == [f"{name} {event}" for event in [*events, "epoch 1 finished", "ended: finished"] for name in ("a", "b")]


def test_a_listener_may_stop_the_training(tmp_path: Path) -> None:
    class Enough(Listener):
        def epoch_finished(self, trainer: Trainer, record: EpochRecord) -> None:
            if record.epoch == 2:
                trainer.stop("early")

    outcome = trained(tmp_path, trainer_of(tmp_path, "train.epochs=9"), Enough())
    assert (outcome.summary.stopped, outcome.summary.epochs) == ("early", 2)
    assert outcome.summary.test is not None


def test_the_last_epoch_finishes_whatever_a_listener_says(tmp_path: Path) -> None:
    outcome = trained(tmp_path, trainer_of(tmp_path, "train.epochs=1", "train.optimizer.adam.lr=1e-12"), Patience(1))
    assert outcome.summary.stopped == "finished"


def test_what_a_listener_raises_ends_the_training(tmp_path: Path) -> None:
    class Full(Listener):
        def epoch_finished(self, trainer: Trainer, record: EpochRecord) -> None:
            raise CheckpointError("no room")

    with pytest.raises(CheckpointError, match="no room"):
        trained(tmp_path, trainer_of(tmp_path), Full())
    assert len(metrics_of(tmp_path / "run")) == 1  # told before it


def test_a_line_of_metrics_is_written_before_the_checkpoint(tmp_path: Path) -> None:
    """A line too many is dropped on resuming; a missing one would be lost."""
    saved: list[int] = []

    def lines(path: Path, checkpoint: object) -> None:
        saved.append(len(metrics_of(tmp_path / "run")))

    with patch("netcli.training.listeners.save", lines), pytest.raises(CheckpointError):  # at the end there is no best one
        trained(tmp_path, trainer_of(tmp_path, "train.epochs=1"))
    assert saved == [1, 1]


def test_the_position_within_an_epoch_is_kept(tmp_path: Path) -> None:
    with interrupted_after(3):
        from support.runs import call

        call("train", config_of(tmp_path), "executor=numpy", "--run-dir", tmp_path / "run", "-q")
    position = position_of(tmp_path / "run" / "checkpoints" / "last.safetensors")
    assert (position["epoch"], position["batch"], position["examples"]) == (0, 3, 48)


@pytest.fixture(params=[NumpyProgram, LlvmProgram], ids=["numpy", "llvm"])
def unprepared(request: pytest.FixtureRequest) -> Iterator[str]:
    """An executor that cannot prepare a batch; its name."""

    def prepare_batch(self: object, examples: int, told: object = None) -> None:
        raise ExecutorError(f"no room for {examples} examples")

    with patch.object(request.param, "prepare", prepare_batch):
        yield request.node.callspec.id


def test_a_training_that_cannot_start_leaves_nothing_behind(unprepared: str, tmp_path: Path) -> None:
    message = refused("train", config_of(tmp_path), f"executor={unprepared}", "--run-dir", tmp_path / "run")
    assert "no room for 16 examples" in message
    assert not (tmp_path / "run").exists()


def test_two_runs_have_ids_of_their_own_and_keep_them(tmp_path: Path) -> None:
    from netcli.runs.checkpoint import read

    config, ids = config_of(tmp_path), []
    for name in ("one", "two"):
        run = tmp_path / name
        succeed("train", config, "train.epochs=1", "executor=numpy", "--run-dir", run, "-q")
        succeed("train", "--resume", run, "train.epochs=2", "-q")
        ids += [read(run / "checkpoints" / f"{which}.safetensors").run for which in ("best", "last")]
    assert ids[0] == ids[1] != ids[2] == ids[3]
