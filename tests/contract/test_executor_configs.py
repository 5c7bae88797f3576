"""The first fifty steps of every config are the reference executor's, but for rounding."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from support.cases import EXECUTOR_CASES
from support.runs import write_mnist

from netcli.autodiff.gradcheck.rounding import UNIT
from netcli.config.load import load
from netcli.executors import Executor, Program, State, executor
from netcli.graph import Array
from netcli.training.session import Session, prepare

CONFIGS = sorted((Path(__file__).parents[2] / "configs").glob("*.yaml"))
STEPS = 50
#: Examples of a step, in turn: incomplete blocks, a whole one, more than one.
SIZES = (17, 5, 16, 3, 9)
CURVES = ("loss", "grad_norm", "lr")
_MOVED = 8
#: Of Student's t with eight degrees of freedom 1e-9 lies beyond.
_DEVIATIONS = 32.0


@pytest.fixture(scope="module")
def small_mnist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_mnist(tmp_path_factory.mktemp("mnist"), train=80)


def batches(session: Session) -> list[Array]:
    generator = np.random.default_rng(0)
    return [generator.permutation(len(session.data.train))[: SIZES[i % len(SIZES)]] for i in range(STEPS)]


def trained(session: Session, runner: Executor) -> dict[str, Array]:
    """The curves of all steps in one call."""
    train = session.data.train
    data = {"input": train.inputs, "target": train.targets}
    program = runner.compile(session.optimized_step, ["loss"])
    return curves(program.steps(session.initial_state(), data, batches(session)))


def moved(session: Session, program: Program, seed: int) -> dict[str, Array]:
    """The curves of a training in which every variable is moved, before each step, as rounding may have moved it twice."""
    generator = np.random.default_rng(seed)
    train, state = session.data.train, session.initial_state()

    def steps() -> Iterator[dict[str, Array]]:
        for batch in batches(session):
            move(state, generator)
            yield program.run(state, {"input": train.inputs[batch], "target": train.targets[batch]})

    return curves(steps())


def move(state: State, generator: np.random.Generator) -> None:
    for label, value in state.values.items():
        if value.dtype == "float32":
            state.values[label] = (value * (1 + UNIT * 2 * generator.uniform(-1, 1, value.shape))).astype("float32")


def curves(steps: Iterator[dict[str, Array]]) -> dict[str, Array]:
    outputs = list(steps)
    assert len(outputs) == STEPS
    return {name: np.array([step[name] for step in outputs], "float64") for name in CURVES}


@pytest.mark.slow
@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
@pytest.mark.parametrize("name", [name for name in EXECUTOR_CASES if name != "numpy"])
def test_curves_of_configs(name: str, path: Path, small_mnist: Path) -> None:
    """Rounding errors grow from step to step: by how much, trainings tell in which all variables are moved by roundings."""
    mnist = [f"data.dataset.mnist.path={small_mnist}"] if "mnist" in path.stem else []
    session = prepare(load(path, mnist))
    found, expected = (trained(session, each) for each in (EXECUTOR_CASES[name].make(), executor("numpy")))
    program = EXECUTOR_CASES[name].make().compile(session.optimized_step, ["loss"])
    others = [moved(session, program, seed) for seed in range(_MOVED)]
    for curve in CURVES:
        deviation = np.sqrt(np.mean([(other[curve] - found[curve]) ** 2 for other in others], axis=0))
        # no variable moves the rate, a difference of numbers as large as its largest
        bound = _DEVIATIONS * deviation + 4 * UNIT * np.abs(expected[curve]).max()
        error = np.abs(found[curve] - expected[curve])
        assert (error <= bound).all(), f"{curve}: {error - bound}"
        assert bound[:10].max() < 0.01 * np.abs(expected[curve]).max(), f"{curve} says nothing: {bound}"
