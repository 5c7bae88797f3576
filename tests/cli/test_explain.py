"""`netcli explain`: what it prints, its document, runs and both executors, what it refuses, and when the answer is no."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.runs import IRIS, call, config_of, document, refused, succeed

from netcli.executors import EXECUTORS
from netcli.ops.sigmoid import Tanh
from netcli.report.text import width_of

DEAD = IRIS.replace("tanh", "relu").replace("dense: 8", "dense: {units: 8, bias_init: {constant: -100.0}}")


def test_the_document(tmp_path: Path) -> None:
    path = config_of(tmp_path)
    found = document("explain", path, "-p", "dense1/weight[2,5]", "--examples", 4)
    assert [*found] == [
        "number", "chosen", "value", "derivative", "weights", "examples", "layer", "line", "yaml", "end", "end_value",
        "derivatives", "kink", "is_zero", "causes", "stages", "chain",
    ]  # fmt: skip
    assert (found["number"], found["chosen"], found["examples"]) == ("dense1/weight[2,5]", False, 4)
    assert (found["layer"], found["line"], found["yaml"]) == ("dense1", 4, "- dense: 8")
    assert [each["method"] for each in found["derivatives"]] == ["reverse", "forward", "difference", "executor"]
    assert [each["verdict"] for each in found["derivatives"]] == [None, "pass", "pass", None]
    assert found["derivative"] == found["derivatives"][0]["value"]
    assert [stage["computes"] for stage in found["stages"]][-5:] == [
        "dense(x, weight)", "tanh(x)", "add(x, bias)", "dense(x, weight)", "weight",
    ]  # fmt: skip
    assert found["stages"][-4]["derivative"] == "g · (1 − y · y)"
    assert found["chain"][-1] == {
        "name": "dense1/weight", "line": 4, "example": None, "index": [2, 5], "value": found["value"], "factor": None,
    }  # fmt: skip
    assert (found["is_zero"], found["causes"], found["kink"]) == (False, [], None)


def test_what_is_printed(tmp_path: Path) -> None:
    lines = succeed("explain", config_of(tmp_path), "-p", "dense1/weight[2,5]").stdout.splitlines()
    assert lines[0] == "number  dense1/weight[2,5]"
    assert lines[2] == "layer   dense1, line 4: - dense: 8"
    assert any(line.startswith("∂loss/∂dense1/weight[2,5]  by") for line in lines)
    for start in ("reverse mode ", "forward mode ", "central difference ", "reverse mode, as trained "):
        assert any(line.startswith(start) for line in lines)
    headings = [line for line in lines if " · line " in line]
    assert headings == [
        "cross_entropy1 · line 8: - cross_entropy",
        "dense2 · line 6: - dense: 3",
        "tanh1 · line 5: - tanh",
        "dense1 · line 4: - dense: 8",
    ]
    assert any(line.startswith("product ") for line in lines)


def test_a_number_that_was_not_named_is_told(tmp_path: Path) -> None:
    text = succeed("explain", config_of(tmp_path), "-p", "dense1/weight").stdout
    assert "], the element with the largest derivative, since none was named" in text.splitlines()[0]


def test_a_dead_unit(tmp_path: Path) -> None:
    text = succeed("explain", config_of(tmp_path, DEAD), "-p", "dense1/bias[3]").stdout
    assert "The derivative of the loss with respect to dense1/bias[3] is 0 on this batch" in text
    assert "at relu of layer relu1, line 5: its inputs are ≤ 0 wherever the number moves them: at 16 places" in text
    assert "factor by factor" not in text


@pytest.mark.parametrize("executor", EXECUTORS)
def test_a_run_with_either_executor(executor: str, tmp_path: Path) -> None:
    succeed("train", config_of(tmp_path), "--run-dir", tmp_path / "run", "-q")
    settings = ["-p", "dense2/bias[0]", "--executor", executor]
    best = document("explain", tmp_path / "run", *settings)
    assert best["weights"].startswith(f"best checkpoint of {tmp_path / 'run'}, epoch ")
    assert best["derivatives"][-1]["by"] == f"{executor} float32"
    last = document("explain", tmp_path / "run", *settings, "--checkpoint", "last")
    assert last["weights"] == f"last checkpoint of {tmp_path / 'run'}, epoch 2"


def test_a_run_and_other_layers(tmp_path: Path) -> None:
    succeed("train", config_of(tmp_path), "--run-dir", tmp_path / "run", "-q")
    message = refused("explain", tmp_path / "run", "model.layers.0.dense=9", "-p", "dense1/bias[0]")
    assert "dense1/weight is float32[4, 8], the config makes it float32[4,9]" in message


def test_derivatives_that_contradict_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """tanh's derivative is 1 − y²; with another one, both modes are wrong in the same way, and the difference tells."""
    monkeypatch.setattr(Tanh, "derivative", lambda self, node: 1.0 - node)
    path = config_of(tmp_path)
    result = call("explain", path, "-p", "dense1/weight[2,5]", "--executor", "numpy")
    assert result.exit_code == 1
    assert result.stderr == (
        "error: the derivatives contradict each other: difference against reverse\n"
        f"  netcli gradcheck {path} finds the operation whose derivative is wrong\n"
    )
    assert "fail" in result.stdout
    assert call("explain", path, "-p", "dense2/weight[2,1]", "--executor", "numpy").exit_code == 0  # not on its way


@pytest.mark.parametrize("width", [80, 120, 200])
@pytest.mark.parametrize(
    "stack", [IRIS, DEAD, IRIS.replace("tanh", "batchnorm\n    - gelu\n    - silu")], ids=["plain", "dead", "forks"]
)
def test_it_fits_the_terminal(width: int, stack: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netcli.report.terminal.Output.width", width)
    text = succeed("explain", config_of(tmp_path, stack), "-p", "dense1/weight[1,3]", "--executor", "numpy").stdout
    assert max(map(width_of, text.splitlines())) <= width
