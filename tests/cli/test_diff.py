"""`netcli diff`: what it prints, its document, its exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.runs import IRIS, call, config_of, document, succeed

from netcli.report.text import width_of

OTHER = IRIS.replace("dense: 8", "dense: 16").replace("    - tanh\n", "    - tanh\n    - dropout: 0.2\n").replace("adam", "sgd")


def test_the_same(tmp_path: Path) -> None:
    one, other = config_of(tmp_path), config_of(tmp_path, name="copy")
    text = succeed("diff", one, other, "--exit-code").stdout
    assert text == f"{one} and {other} are the same: the same network, the same settings\n"
    found = document("diff", one, other)
    assert (found["same"], found["same_layers"], found["settings"]) == (True, True, [])


def test_what_is_printed(tmp_path: Path) -> None:
    one, other = config_of(tmp_path), config_of(tmp_path, OTHER, "other")
    lines = succeed("diff", one, other).stdout.splitlines()
    assert lines[0] == f"{one} → {other}: another network"
    rows = [line.split() for line in lines]
    assert any(row[:6] == ["~", "dense1", "units", "8", "→", "16"] for row in rows)
    assert any(row[:3] == ["+", "dropout1", "dropout:"] for row in rows)
    assert any(row[:2] == ["≈", "tanh1"] for row in rows)
    assert any(row[:4] == ["layers", "5", "6", "×1.2"] for row in rows)
    assert any(row[:1] == ["train.optimizer"] for row in rows)


def test_other_settings_alone(tmp_path: Path) -> None:
    one, other = config_of(tmp_path), config_of(tmp_path, IRIS.replace("epochs: 2", "epochs: 3"), "other")
    text = succeed("diff", one, other).stdout
    assert text.startswith(f"{one} → {other}: the same network, other settings\n")
    assert "train.epochs  2       3" in text
    assert "as a whole" not in text


def test_another_optimizer_is_another_step(tmp_path: Path) -> None:
    one, other = config_of(tmp_path), config_of(tmp_path, IRIS.replace("adam", "sgd"), "other")
    text = succeed("diff", one, other).stdout
    assert text.startswith(f"{one} → {other}: the same layers, another training step\n")
    assert "weights and other state" in text


def test_the_exit_code(tmp_path: Path) -> None:
    one, other = config_of(tmp_path), config_of(tmp_path, OTHER, "other")
    for arguments, code in (((), 0), (("--exit-code",), 1), (("--json",), 0), (("--json", "--exit-code"), 1)):
        result = call("diff", one, other, *arguments)
        assert (result.exit_code, result.stderr) == (code, "")


def test_the_document(tmp_path: Path) -> None:
    one, other = config_of(tmp_path), config_of(tmp_path, OTHER, "other")
    found = document("diff", one, other)
    assert [*found] == ["before", "after", "same", "same_layers", "layers", "totals", "settings"]
    assert (found["before"], found["same"]) == (str(one), False)
    assert [pair["change"] for pair in found["layers"]] == [
        "same", "changed", "follows", "added", "follows", "same", "same",
    ]  # fmt: skip
    first = found["layers"][1]
    assert first["settings"] == [{"key": "units", "before": 8, "after": 16}]
    assert (first["before"]["parameters"], first["after"]["parameters"]) == (40, 80)
    assert {"name": "layers", "unit": "count", "before": 5, "after": 6} in found["totals"]
    assert [each["key"] for each in found["settings"]] == ["train.optimizer"]


def test_a_run_beside_its_config(tmp_path: Path) -> None:
    config = config_of(tmp_path)
    succeed("train", config, "train.epochs=1", "--run-dir", tmp_path / "run", "-q")
    found = document("diff", tmp_path / "run", config)
    assert found["settings"] == [{"key": "train.epochs", "before": 1, "after": 2}]


@pytest.mark.parametrize("width", [80, 120, 200])
def test_it_fits_the_terminal(width: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netcli.report.terminal.Output.width", width)
    monkeypatch.chdir(tmp_path)
    config_of(tmp_path)
    config_of(tmp_path, OTHER, "other")
    text = succeed("diff", "small.yaml", "other.yaml").stdout
    assert max(map(width_of, text.splitlines())) <= width
