"""One derivative taken apart, over all configs, both executors and runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from support.networks import label
from support.runs import IRIS, config_of, succeed, tensors_of, write_mnist

from netcli.analysis.explain.explanation import explain
from netcli.analysis.explain.records import Explanation
from netcli.analysis.values import first_batch
from netcli.executors import EXECUTORS
from netcli.graph import Node
from netcli.layers.building import Building, filled
from netcli.layers.tanh import Tanh
from netcli.ops import tanh
from netcli.training.snapshot import open_snapshot

CONFIGS = sorted((Path(__file__).parents[2] / "configs").glob("*.yaml"))


@pytest.fixture(scope="module")
def small_mnist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """64 and 32 random pictures in MNIST's files."""
    return write_mnist(tmp_path_factory.mktemp("mnist"))


def explained(path: Path, parameter: str, overrides: Sequence[str] = (), examples: int | None = None) -> Explanation:
    return explain(open_snapshot(path, list(overrides)), parameter, examples)


def by_method(found: Explanation) -> dict[str, float]:
    return {each.method: each.value for each in found.derivatives}


@pytest.mark.slow
@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
@pytest.mark.parametrize("executor", EXECUTORS)
def test_every_method_agrees_on_every_config(path: Path, executor: str, small_mnist: Path) -> None:
    """On the strongest element of the first and of the last parameter."""
    elsewhere = [f"data.dataset.mnist.path={small_mnist}"] if "mnist" in path.stem else []
    snapshot = open_snapshot(path, [*elsewhere, f"executor={executor}"])
    parameters = snapshot.session.model.parameters
    for w in (parameters[0], parameters[-1]):
        found = explain(snapshot, label(w), 4)
        values = by_method(found)
        assert found.derivative != 0
        assert found.contradictions == []
        assert values["forward"] == pytest.approx(values["reverse"], rel=1e-9)
        assert values["executor"] == pytest.approx(values["reverse"], rel=1e-3)  # float32: a few digits may cancel
        assert found.kink is not None or values["difference"] == pytest.approx(values["reverse"], rel=1e-5, abs=2e-9)
        assert found.stages[0].layer == snapshot.session.layers[-1].name
        assert (found.stages[-1].layer, found.stages[-1].computes) == (w.origin.layer, label(w).split("/")[1])
        assert found.stages[0].through == pytest.approx(values["reverse"], rel=1e-9)
        assert {stage.layer for stage in found.stages} <= {placed.name for placed in snapshot.session.layers}
        assert all(stage.line is not None and stage.yaml.startswith("- ") for stage in found.stages)
        assert found.chain[-1].name == label(w)


def test_a_layer_s_line_is_the_one_in_the_file(tmp_path: Path) -> None:
    path = config_of(tmp_path)
    found = explained(path, "dense1/weight[2,5]")
    assert path.read_text().splitlines()[found.line - 1].strip() == found.yaml == "- dense: 8"
    assert found.number == "dense1/weight[2,5]"
    assert not found.chosen


def test_the_batch_and_the_weights_are_those_of_training(tmp_path: Path) -> None:
    path = config_of(tmp_path)
    snapshot = open_snapshot(path)
    for examples in (None, 3, 1000):
        found = explain(snapshot, "dense2/bias[1]", examples)
        feeds = first_batch(snapshot.session, examples)
        assert found.examples == len(feeds["input"])
        loss = snapshot.session.executor.compile(snapshot.session.optimized_step).run(snapshot.session.initial_state(), feeds)[
            "loss"
        ]
        assert found.end_value == pytest.approx(float(loss), rel=1e-5)
    assert found.value == 0.0


def test_without_an_index_it_is_the_element_with_the_largest_derivative(tmp_path: Path) -> None:
    path = config_of(tmp_path)
    largest = explained(path, "dense1/weight", examples=3)
    assert largest.chosen
    every = [abs(explained(path, f"dense1/weight[{i},{j}]", examples=3).derivative) for i in range(4) for j in range(8)]
    assert abs(largest.derivative) == max(every)
    assert largest.number == f"dense1/weight[{np.argmax(every) // 8},{np.argmax(every) % 8}]"


def test_a_run_is_explained_at_its_weights(tmp_path: Path) -> None:
    path = config_of(tmp_path)
    succeed("train", path, "--run-dir", tmp_path / "run", "-q")
    snapshot = open_snapshot(tmp_path / "run", which="last")
    found = explain(snapshot, "dense1/weight[1,2]")
    weights = tensors_of(tmp_path / "run" / "checkpoints" / "last.safetensors")
    assert found.value == weights["dense1/weight"][1, 2]
    assert found.value != explained(path, "dense1/weight[1,2]").value
    assert found.weights == f"last checkpoint of {tmp_path / 'run'}, epoch 2"
    assert found.contradictions == []
    assert found.derivative != 0


def test_penalties_are_part_of_it(tmp_path: Path) -> None:
    path = config_of(tmp_path, IRIS.replace("train: {", "train: {weight_decay: 0.5, "))
    with_penalty = explained(path, "dense1/weight[0,1]")
    without = explained(path, "dense1/weight[0,1]", ["train.weight_decay=0"])
    assert (with_penalty.end, without.end) == ("objective", "loss")
    # the derivative of λ/2 · w² is λ · w
    assert with_penalty.derivative - without.derivative == pytest.approx(0.5 * with_penalty.value, rel=1e-6)


def test_a_dead_unit_says_where_the_way_ends(tmp_path: Path) -> None:
    stack = IRIS.replace("tanh", "relu").replace("dense: 8", "dense: {units: 8, bias_init: {constant: -100.0}}")
    found = explained(config_of(tmp_path, stack), "dense1/weight[1,2]")
    assert (found.is_zero, found.derivative, found.chain) == (True, 0.0, ())
    (cause,) = found.causes
    assert cause.where == "relu of layer relu1, line 5"
    assert cause.reason.startswith("its inputs are ≤ 0 wherever the number moves them: at 16 places")
    moved = {stage.layer: stage.moved for stage in found.stages}
    assert (moved["dense1"], moved["relu1"], moved["dense2"]) == (1, 0, 0)
    assert {stage.through for stage in found.stages} == {0.0}
    assert set(by_method(found).values()) == {0.0}


def test_a_number_on_no_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A layer with a weight that it does not use."""

    def build(self: Tanh, building: Building, x: Node) -> Node:
        building.parameter("idle", (3,), filled(0.5))
        return tanh(x)

    monkeypatch.setattr(Tanh, "build", build)
    found = explained(config_of(tmp_path), "tanh1/idle[2]")
    assert (found.number, found.value, found.yaml) == ("tanh1/idle[2]", 0.5, "- tanh")
    assert (found.is_zero, found.derivative, found.derivatives, found.stages) == (True, 0.0, (), ())
    (cause,) = found.causes
    assert (cause.where, cause.reason) == ("variable tanh1/idle", "nothing that is differentiated depends on it")
    assert explained(config_of(tmp_path), "dense1/weight").derivative != 0


def test_values_at_a_kink_are_told(tmp_path: Path) -> None:
    """Weights and bias of zero: every input of the relu lies on its kink."""
    stack = IRIS.replace("tanh", "relu").replace("dense: 8", "dense: {units: 8, init: {constant: 0.0}}")
    found = explained(config_of(tmp_path, stack), "dense1/bias[2]")
    assert found.kink is not None
    assert found.kink.where == "relu of layer relu1, line 5: 16 elements"
    assert found.kink.left == pytest.approx(0.0, abs=1e-5)
    assert abs(found.kink.right) > 1e-3
    assert (found.derivative, found.causes[0].reason[-12:]) == (0.0, "largest is 0")
    assert found.contradictions == []


def test_the_float32_value_is_that_of_the_executor(tmp_path: Path) -> None:
    """As the update of plain SGD with a rate of 1 shows it."""
    path = config_of(tmp_path, IRIS.replace("adam: 0.01", "sgd: 1.0"))
    for name in EXECUTORS:
        snapshot = open_snapshot(path, [f"executor={name}"])
        found = explain(snapshot, "dense1/weight[0,3]")
        state = snapshot.state.copy()
        snapshot.session.executor.compile(snapshot.session.optimized_step).run(state, first_batch(snapshot.session))
        moved = snapshot.state.values["dense1/weight"][0, 3] - state.values["dense1/weight"][0, 3]
        assert by_method(found)["executor"] == pytest.approx(float(moved), abs=2**-23)
        assert [each.by for each in found.derivatives if each.method == "executor"] == [f"{name} float32"]
