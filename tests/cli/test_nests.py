"""Every command that shows layers or parameters, on a network with layers in layers, blocks among them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.runs import config_of, refused, succeed

NEST = """\
data: {dataset: iris, batch_size: 16}
model:
  blocks:
    deep: {settings: {units: required}, layers: [residual: [dense: $units, relu], dense: $units]}
  layers:
    - dense: 6
    - relu
    - repeat: {times: 3, layers: [deep: 6]}
    - branch: [wide: [dense: 4, tanh], same: []]
    - dense: 3
    - cross_entropy
train: {epochs: 1}
"""
INNER = "repeat1/2/deep1/residual1/dense1"


@pytest.fixture
def nest(tmp_path: Path) -> Path:
    """The config."""
    return config_of(tmp_path, NEST)


@pytest.mark.parametrize("form", ["table", "picture", "svg"])
def test_a_depth_closes_layers(nest: Path, form: str) -> None:
    layers = [] if form == "table" else ["--detail", "layers"]
    whole = succeed("inspect-graph", nest, "--format", form, *layers).stdout
    closed = succeed("inspect-graph", nest, "--format", form, *layers, "--depth", "1").stdout
    title = ">residual1<" if form == "svg" else "residual1"  # tooltips name all nodes
    assert title in whole
    assert title not in closed
    assert "repeat1" in closed


@pytest.mark.parametrize("form", ["text", "tree", "json", "dot", "html"])
def test_every_form_has_the_layers_by_their_paths(nest: Path, form: str) -> None:
    shown = succeed("inspect-graph", nest, "--format", form).stdout
    assert f"{INNER}/weight" in shown


@pytest.mark.parametrize("options", [["--format", "html", "-o", "net.html"], ["--json"], ["--dump", "graph"]])
def test_what_has_every_layer_takes_no_depth(nest: Path, options: list[str]) -> None:
    assert "--depth" in refused("inspect-graph", nest, *options, "--depth", "2")


@pytest.mark.parametrize("command", [["train", "--run-dir", "run"], ["bench", "--steps", "1"], ["gradcheck", "--first-order"]])
def test_commands_show_as_deep_as_they_are_asked(
    nest: Path, command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    name, *options = command
    closed = succeed(name, nest, *options, "--depth", "1").stdout
    lines = [line.split()[0] for line in closed.splitlines() if line.strip()]
    assert "repeat1" in lines
    assert not any(line.startswith("repeat1/") for line in lines)
    if name != "train":  # whose run is there
        assert any(line.startswith("repeat1/") for line in succeed(name, nest, *options).stdout.splitlines())


def test_explain_names_the_layers_on_the_way(nest: Path) -> None:
    shown = json.loads(succeed("explain", nest, "-p", f"{INNER}/weight[0,0]", "--json").stdout)
    on_the_way = list(dict.fromkeys(stage["layer"] for stage in shown["stages"]))
    assert on_the_way.index("repeat1/2/deep1/residual1") < on_the_way.index(INNER)  # the sum is nearer to the loss
    assert "repeat1/1/deep1/residual1/dense1" not in on_the_way


def test_doctor_and_diff_know_them(nest: Path, tmp_path: Path) -> None:
    assert {check["verdict"] for check in json.loads(succeed("doctor", nest, "--json").stdout)["checks"]} <= {
        "ok",
        "unknown",
        "warning",
    }
    (tmp_path / "other").mkdir()
    other = config_of(tmp_path / "other", NEST.replace("times: 3", "times: 2"))
    shown = succeed("diff", nest, other).stdout
    assert "3/deep1" in shown
    assert "times 3 → 2" in shown
    assert "residual1" not in shown
