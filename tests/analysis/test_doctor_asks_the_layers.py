"""The doctor asks the layers: of one that tells nothing, such as a plugin's, it says nothing."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from support.runs import IRIS, call, config_of, document, refused, succeed

from netcli.analysis.doctor import examine
from netcli.analysis.doctor.records import Finding, worst
from netcli.config.load import load
from netcli.config.model import use_layers
from netcli.training.session import prepare

#: A layer with a list and a mapping as settings, and losses: of any size, negative, and of probabilities.
PLUGIN = '''
import numpy as np

from netcli.layers.layer import Baseline, Layer, Loss
from netcli.layers.outputs import Bounds, Form
from netcli.layers.values import mean_of, predict_values, target_values
from netcli.ops import relu, reshape, log_softmax, one_hot, sum_over, first_maximum


class Powers(Layer):
    """Powers of the input, each with its factor."""

    word = "powers"
    main = "factors"

    factors: list[float] = [1.0]
    """The factors."""

    table: dict[str, list[int]] = {}
    """Not used."""

    def build(self, building, x):
        return sum((x * factor for factor in self.factors[1:]), x * self.factors[0])


class Gate(Layer):
    """A rectifier that tells which of its units sleep, and that its outputs are 0 or more."""

    word = "gate"

    def build(self, building, x):
        return relu(x)

    def dead(self, values):
        return np.array([True] + [False] * (values.shape[1] - 1))

    def outputs_within(self, given):
        return Bounds(0.0)


class Lifted(Loss):
    """Mean squared error and a constant: it never comes near 0."""

    word = "lifted"
    main = "by"

    by: float = 0.0
    """The constant."""

    weights: list[float] = [1.0]
    """Not used."""

    def build(self, building, x):
        y = target_values(building.target, x, self.word)
        predict_values(building, x, y)
        return mean_of((x - y) * (x - y)) + self.by


class Focal(Loss):
    """Cross-entropy that reads probabilities, told by the layers."""

    word = "focal"
    reads = frozenset({Form.CLASS_PROBABILITIES})

    def build(self, building, x):
        assert building.form in {None, Form.CLASS_PROBABILITIES}
        log_p = log_softmax(building.logits(x))
        label = one_hot(building.target.node, building.target.classes, x.type.dtype)
        building.predicts(x, accuracy=reshape(sum_over(first_maximum(log_p) * label, (-1,)), ()))
        return -reshape(sum_over(label * log_p, (-1,)), ())

    def baseline(self, targets, classes):
        return Baseline(0.25, 0.5, "as it says")
'''
STACK = """\
plugins: [mine.py]
data: {{dataset: iris, batch_size: 16}}
model:
  layers:
    - dense: 8
    - powers: [1.0, 0.5]
    - dense: 3
{end}
train: {{epochs: 1, optimizer: {{adam: 0.01}}}}
"""


@pytest.fixture
def mine(tmp_path: Path) -> Iterator[Path]:
    """A folder with the plugin; its layers are forgotten afterwards."""
    (tmp_path / "mine.py").write_text(PLUGIN, encoding="utf-8")
    yield tmp_path
    use_layers({})


def stack(*end: str) -> str:
    return STACK.format(end="\n".join(f"    - {layer}" for layer in end))


def findings(folder: Path, text: str) -> dict[str, Finding]:
    session = prepare(load(config_of(folder, text)))
    return {each.check: each for each in examine(session, lambda: False)}


@pytest.mark.parametrize("by", [0.0, 1000.0, -1000.0])
def test_a_loss_that_tells_nothing(by: float, mine: Path) -> None:
    """Whatever it is, no verdict rests on its size; that it is finite is asked of each."""
    found = findings(mine, stack(f"lifted: {by}"))
    assert (found["initial loss"].verdict, found["initial loss"].expected) == ("unknown", "lifted has no baseline")
    assert found["initial loss"].numbers["baseline"] is None
    assert found["one batch by heart"].verdict in {"unknown", "ok"}  # ok: all told right
    assert "end of the stack" not in found
    assert worst(list(found.values())) == "ok", found


def test_a_loss_that_overflows_is_a_fault_all_the_same(mine: Path) -> None:
    text = stack("lifted: 0").replace("dense: 3", "dense: {units: 3, init: {normal: 1.0e+30}}")
    assert findings(mine, text)["initial loss"].verdict == "fault"


def test_settings_of_every_kind_in_every_command(mine: Path) -> None:
    """Lists and mappings cannot be hashed; nothing asks for that."""
    config, run = config_of(mine, stack("powers: {factors: [1.0], table: {a: [1]}}", "lifted: {weights: [2.0]}")), mine / "run"
    succeed("train", config, "--run-dir", run, "-q")
    assert call("doctor", config).exit_code == 0
    for command in (
        ("evaluate", run), ("explain", config, "--parameter", "dense1/weight[0,0]"), ("inspect-graph", config),
        ("inspect-graph", config, "--values", "--format", "json"), ("gradcheck", config), ("bench", config),
        ("diff", config, config_of(mine, IRIS, "other")),
    ):  # fmt: skip
        assert call(*command).exit_code == 0, command


@pytest.mark.parametrize("name", ["dead", "gives", "outputs_within", "baseline", "suits"])
def test_a_setting_cannot_hide_what_layers_are_asked(name: str, mine: Path) -> None:
    hidden = PLUGIN.replace("    table: dict[str, list[int]] = {}\n", f"    {name}: float = 1.0\n")
    (mine / "mine.py").write_text(hidden, encoding="utf-8")
    said = refused("train", config_of(mine, stack("lifted: 0")))
    assert f'error: the setting "{name}" of the layer Powers hides what netcli asks layers by that name' in said
    assert "Warning" not in said


def test_dead_units_as_the_layer_says(mine: Path) -> None:
    found = findings(mine, stack("gate", "powers: [1.0]", "lifted: 0"))["dead units"]
    assert found.numbers == {"gate1": pytest.approx(1 / 3)}
    assert found.verdict == "warning"
    assert found.place is not None
    assert found.place.line == 8


def test_a_loss_of_probabilities_of_a_plugin(mine: Path) -> None:
    """It reads softmax's logits; its baseline is taken from it; bounded logits are remarked; dropout in between is refused."""
    found = findings(mine, stack("softmax", "focal"))
    assert found["end of the stack"].verdict == "ok"
    assert found["initial loss"].numbers["baseline"] == 0.5
    odd = findings(mine, stack("gate", "focal"))["end of the stack"]
    assert odd.verdict == "warning"
    assert odd.place is not None
    assert odd.place.line == 8
    assert odd.numbers == {"form": None, "low": 0.0, "high": math.inf}
    assert "dropout1 stands between softmax1 (line 8)" in refused(
        "doctor", config_of(mine, stack("softmax", "dropout: 0.5", "focal"))
    )


def test_bias_of_an_uneven_data_set(tmp_path: Path) -> None:
    """95 to 5: the entropy of the classes is 0.2, and equal probabilities have ln 2; to begin at either is right."""
    labels = (np.arange(200) % 20 == 0).astype("int64")
    np.savez(tmp_path / "values.npz", x=np.random.default_rng(0).normal(size=(200, 2)).astype("float32"), y=labels)
    text = """\
data: {dataset: {npz: values.npz}, batch_size: 200, test: 0, validation: 0}
model: {layers: [dense: {units: 2, init: {normal: 0.001}, bias_init: {constant: 0}}, softmax, cross_entropy]}
train: {epochs: 1}
"""
    share = float(prepare(load(config_of(tmp_path, text))).data.train.targets.mean())
    entropy = -(share * math.log(share) + (1 - share) * math.log(1 - share))
    found = findings(tmp_path, text)["initial loss"]
    assert found.verdict == "ok"
    assert found.numbers["constant"] == pytest.approx(entropy, rel=1e-9)
    assert found.numbers["baseline"] == pytest.approx(math.log(2), rel=1e-9)


def test_targets_that_are_always_the_same(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(64, 2)).astype("float32")
    np.savez(tmp_path / "values.npz", x=x, y=np.full((64, 1), 3.0, "float32"))
    text = "data: {dataset: {npz: values.npz}, batch_size: 16}\nmodel: {layers: [dense: 1, mse]}\ntrain: {epochs: 1}\n"
    found = findings(tmp_path, text)["initial loss"]
    assert (found.verdict, found.advice) == ("warning", "the targets are always the same: there is nothing to learn")


# --------------------------------------------------------------------------------------------------- the end, as it is told


SIGMOID = IRIS.replace("- softmax", "- sigmoid")


def test_train_notes_it_before_it_trains(tmp_path: Path) -> None:
    config = config_of(tmp_path, SIGMOID)
    result = succeed("train", config, "--run-dir", tmp_path / "run", "-q")
    note = f"note: {config}:7:7: cross_entropy1 takes what sigmoid1 gives for logits, and that lies between 0 and 1"
    assert result.stderr.startswith(note)
    assert "sigmoid1" not in result.stdout
    assert succeed("train", "--resume", tmp_path / "run", "train.epochs=3", "-q").stderr.startswith("note: ")
    result = succeed("train", config, "--run-dir", tmp_path / "other", "--json")
    assert json.loads(result.stdout)["stopped"] == "finished"
    assert result.stderr.startswith(note)


def test_nothing_is_noted_of_a_usual_end(tmp_path: Path) -> None:
    assert succeed("train", config_of(tmp_path), "--run-dir", tmp_path / "run", "-q").stderr == ""


def test_doctor_tells_it_with_the_line(tmp_path: Path) -> None:
    found = {each["check"]: each for each in document("doctor", config_of(tmp_path, SIGMOID))["checks"]}["end of the stack"]
    assert (found["verdict"], found["line"], found["found"]) == ("warning", 7, "logits between 0 and 1")
    assert found["numbers"] == {"form": None, "low": 0.0, "high": 1.0}


@pytest.mark.parametrize("command", ["train", "doctor", "gradcheck", "inspect-graph", "bench"])
@pytest.mark.parametrize(
    ("end", "line", "message"),
    [
        ("    - softmax\n    - dropout: 0.3\n", 8, "dropout1 stands between softmax1 (line 7) and its loss cross_entropy1"),
        ("    - softmax\n    - softmax\n", 8, "softmax2 is given the class probabilities of softmax1 (line 7)"),
    ],
)
def test_every_command_refuses_the_same(command: str, end: str, line: int, message: str, tmp_path: Path) -> None:
    config = config_of(tmp_path, IRIS.replace("    - softmax\n", end))
    said = refused(command, config)
    assert said.startswith(f"{config}:{line}:7: error: {message}")
    assert not (tmp_path / "runs").exists()


def test_dropout_in_front_of_a_loss_of_values_is_trained(tmp_path: Path) -> None:
    text = IRIS.replace("- softmax", "- sigmoid").replace("- cross_entropy", "- dropout: 0.2\n    - mse")
    assert succeed("train", config_of(tmp_path, text), "--run-dir", tmp_path / "run", "-q").stderr == ""
