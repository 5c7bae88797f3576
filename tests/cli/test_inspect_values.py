"""`netcli inspect-graph`: files, values, runs, and requests that are wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.runs import config_of, document, refused, succeed

from netcli.analysis.inspect.value_statistics import statistics_of
from netcli.training.snapshot import session_at, state_at


def data_of(page: str) -> Any:
    """What a page shows."""
    return json.loads(page.partition('id="data">')[2].partition("</script>")[0])


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run of two epochs."""
    succeed("train", config_of(tmp_path), "--run-dir", tmp_path / "run", "--quiet")
    return tmp_path / "run"


def test_a_page_to_a_file_and_to_stdout(tmp_path: Path) -> None:
    config, file = config_of(tmp_path), tmp_path / "graph.html"
    written = succeed("inspect-graph", config, "--format", "html", "--out", file)
    assert (written.stdout, written.stderr) == ("", "")
    page = file.read_text(encoding="utf-8")
    assert succeed("inspect-graph", config, "--format", "html").stdout == page
    found = data_of(page)
    assert found["yaml"]["4"] == "    - dense: 8"
    assert found["examples"] is None
    assert document("inspect-graph", config)["outputs"] == found["outputs"]


def test_values_of_the_first_batch(tmp_path: Path) -> None:
    config = config_of(tmp_path)
    plain, painted = document("inspect-graph", config), document("inspect-graph", config, "--values")
    assert painted["examples"] == 16
    assert [set(node) - {"values", "update_ratio"} for node in painted["nodes"]] == [set(node) for node in plain["nodes"]]
    page = data_of(succeed("inspect-graph", config, "--values", "--format", "html").stdout)
    assert page["examples"] == 16
    assert [node["values"]["histogram"] for node in page["nodes"]] == [node["values"]["histogram"] for node in painted["nodes"]]


@pytest.mark.parametrize("which", ["best", "last"])
def test_values_of_a_run(run: Path, which: str) -> None:
    found = document("inspect-graph", run, "--values", "--checkpoint", which)
    session = session_at(run)
    state = state_at(run, session, session.step, "last" if which == "last" else "best")
    for node in found["nodes"]:
        if node["op"] == "variable":
            assert node["values"] == statistics_of(state.values[node["name"]]).as_json()
    first = {node["name"]: node for node in document("inspect-graph", run.parent / "small.yaml", "--values")["nodes"]}
    last = {node["name"]: node for node in found["nodes"]}
    assert last["dense1/weight"]["values"] != first["dense1/weight"]["values"]


def test_a_run_without_values_is_its_config(run: Path) -> None:
    (run / "checkpoints" / "best.safetensors").unlink()
    shown = document("inspect-graph", run)
    assert [node["name"] for node in shown["nodes"]] == [
        node["name"] for node in document("inspect-graph", run.parent / "small.yaml")["nodes"]
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("small.yaml --values", "--values goes with --format html and --format json, not with picture"),
        ("small.yaml --values --format dot", "--values goes with --format html and --format json, not with dot"),
        ("small.yaml --out x.html", "--format picture does not go with x.html\n  give --format html, or another name"),
        ("small.yaml --format html -o nowhere/x.html", "cannot write nowhere/x.html: No such file or directory"),
        ("small.yaml --format html -o .", "cannot write .: Is a directory"),
        (
            "small.yaml --format html --dump llvm",
            "--dump does not go with --view, --format, --detail, --depth, --json and --values",
        ),
        ("small.yaml --values --dump llvm", "--dump does not go with --view, "),
        ("checkpoints --format html", "checkpoints is not a run directory"),
    ],
)
def test_wrong_requests(arguments: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    config_of(tmp_path)
    (tmp_path / "checkpoints").mkdir()
    assert said in refused("inspect-graph", *arguments.split())


def test_values_of_a_run_that_no_longer_fits(run: Path) -> None:
    message = refused("inspect-graph", run, "--json", "--values", "model.layers.0.dense=9")
    assert "dense1/weight is float32[4, 8], the config makes it float32[4,9]" in message
    (run / "checkpoints" / "best.safetensors").unlink()
    (run / "checkpoints" / "last.safetensors").unlink()
    assert "best.safetensors" in refused("inspect-graph", run, "--json", "--values")
