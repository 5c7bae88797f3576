"""Every config that comes with netcli is loaded, built, verified and trained for a few steps."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from support.runs import document, last_of, refused, tensors_of, write_mnist

from netcli.config.load import load
from netcli.executors import executor
from netcli.graph import verify
from netcli.training.evaluation import Evaluator
from netcli.training.session import Session, prepare

CONFIGS = sorted((Path(__file__).parents[2] / "configs").glob("*.yaml"))
WITH_MNIST = [path for path in CONFIGS if "mnist" in path.stem]
each_config = pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
each_mnist_config = pytest.mark.parametrize("path", WITH_MNIST, ids=lambda path: path.stem)


@pytest.fixture(scope="module")
def small_mnist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """64 and 32 random pictures in MNIST's files."""
    return write_mnist(tmp_path_factory.mktemp("mnist"))


def elsewhere(path: Path, mnist: Path) -> list[str]:
    """The override that points a config for MNIST to another directory."""
    return [f"data.dataset.mnist.path={mnist}"] if path in WITH_MNIST else []


def few(session: Session, examples: int = 8) -> dict[str, np.ndarray]:
    """Some training data as a batch."""
    train = session.data.train
    return {"input": train.inputs[:examples], "target": train.targets[:examples]}


def test_the_promised_configs_are_there() -> None:
    promised = {"digits-cnn", "digits-mlp", "iris-mlp", "sigmoid-dropout", "mnist-mlp", "mnist-lenet5", "mnist-cnn"}
    assert promised <= {path.stem for path in CONFIGS}


@each_config
def test_its_name_is_the_file_s(path: Path) -> None:
    assert load(path).config.name == path.stem


@each_config
def test_its_step_is_a_right_graph_and_lowers_the_loss(path: Path, small_mnist: Path) -> None:
    session = prepare(load(path, [*elsewhere(path, small_mnist), "train.schedule=constant"]))
    verify(session.step)
    verify(session.optimized_step)
    program, state = session.executor.compile(session.optimized_step), session.initial_state()
    losses = [program.run(state, few(session))["loss"].item() for _ in range(8)]
    assert np.isfinite(losses).all()
    assert min(losses[-3:]) < 0.97 * losses[0]  # the same eight examples over and over


@each_config
def test_a_batch_of_one_trains(path: Path, small_mnist: Path) -> None:
    session = prepare(load(path, elsewhere(path, small_mnist)))
    outputs = session.executor.compile(session.optimized_step).run(session.initial_state(), few(session, examples=1))
    assert np.isfinite(outputs["loss"])
    assert np.isfinite(outputs["grad_norm"])


@each_config
def test_the_command_trains_it(path: Path, small_mnist: Path, tmp_path: Path) -> None:
    settings = [*elsewhere(path, small_mnist), "train.epochs=1"]
    summary = document("train", path, *settings, "--run-dir", tmp_path / "run")
    assert (summary["stopped"], summary["epochs"], summary["executor"]) == ("finished", 1, "llvm")
    assert summary["test"]["loss"] > 0
    session = prepare(load(path, settings))
    assert summary["steps"] == -(-len(session.data.train) // session.loaded.config.data.batch_size)
    before, after = session.initial_state().values, tensors_of(last_of(tmp_path / "run"))
    for parameter in session.model.parameters:
        label = parameter.op.label
        assert not np.array_equal(before[label], after[label]), label


@each_mnist_config
def test_without_the_files_it_says_where_they_come_from(path: Path, tmp_path: Path) -> None:
    copy = shutil.copy(path, tmp_path)
    for command in ("train", "gradcheck"):
        message = refused(command, copy)
        assert "train-images-idx3-ubyte.gz" in message
        assert f"{tmp_path / '../data/mnist'} does not exist" in message
        assert "LeCun, Corinna Cortes and Christopher Burges" in message
    assert not (tmp_path / "runs").exists()
    assert "data/mnist" in path.read_text(encoding="utf-8").split("name:")[0]


@pytest.mark.slow
@each_mnist_config
def test_with_the_real_files(path: Path, mnist_directory: Path) -> None:
    session = prepare(load(path, elsewhere(path, mnist_directory)))
    assert (len(session.data.train), len(session.data.test or ())) == (54_000, 10_000)
    assert session.data.test is not None
    metrics = Evaluator.of(session.model, executor("numpy"))(session.initial_state(), session.data.test.take(np.arange(32)))
    assert 1.0 < metrics["loss"] < 10.0  # untrained: some logits are far from 0, or it would be about ln 10
    assert metrics["accuracy"] < 0.5
