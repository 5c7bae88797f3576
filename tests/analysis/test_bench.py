"""The time of a step by layers: how it is added up, and what `netcli bench` prints."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from support.runs import IRIS, call, config_of, document, refused, succeed

from netcli.analysis.bench.measure import bench_rows
from netcli.analysis.bench.records import Bench, BenchRow
from netcli.analysis.inspect.costs import cost
from netcli.config.load import load
from netcli.executors import EXECUTORS, Profile, Spent
from netcli.executors.numpy import NumpyProgram
from netcli.graph import Node, TensorType, constant, layer, phase, placeholder, variable
from netcli.ops import batch_sum, dense, relu
from netcli.report.bench import as_json, bench_table
from netcli.report.table import plain
from netcli.training.session import prepare

DOCUMENT = {
    "name": str, "executor": str, "threads": int, "batch_size": int, "steps": int, "ms_per_step": float,
    "best_ms_per_step": float, "samples_per_second": float, "flops_per_step": int, "gflops": float, "peak_gflops": float,
    "share_of_peak": float, "compile_ms": float, "rows": list,
}  # fmt: skip
ROW = {
    "name": str, "kind": str, "layers": list, "ms": float, "forward_ms": float, "backward_ms": float, "flops": int,
    "gflops": float, "share_of_peak": float, "share_of_step": float,
}  # fmt: skip


# ------------------------------------------------------------------------------------------------------------------ rows


def nodes() -> dict[str, Node]:
    """relu(x·w) of two layers, w's gradient in a manner of speaking, an update."""
    x = placeholder("x", TensorType((4,), "float32", varying=True))
    w = variable("w", (4, 3), lambda generator, shape: np.zeros(shape))
    found = {}
    with layer("first"):
        found["dense"] = dense(x, w)
    with layer("second"):
        found["relu"] = relu(found["dense"])
        with phase("backward"):
            found["sum"] = batch_sum(found["relu"])
    with phase("update"):
        found["update"] = w - constant(0.1) * w
    return found


def rows_of(*spent: Spent, threads: int = 2, seconds: float = 2.0) -> dict[str, BenchRow]:
    """By name, for a step of 1 s and 10 examples."""
    rows = bench_rows(Profile(seconds, threads, spent), 1.0, 10, ["input", "first", "second"])
    assert sum(row.seconds for row in rows) == pytest.approx(1)
    return {row.name: row for row in rows}


def test_what_is_fused_counts_for_the_layer_it_is_fused_into() -> None:
    n = nodes()
    rows = rows_of(Spent("nodes", (n["dense"], n["relu"]), 1.0), Spent("nodes", (n["sum"],), 0.5))
    assert list(rows) == ["first + second", "second", "rest"]
    fused, own = rows["first + second"], rows["second"]
    assert (fused.forward, fused.backward, fused.layers) == (0.25, 0, ("first", "second"))  # of 2 threads' 2 s
    assert (own.forward, own.backward) == (0, 0.125)
    assert fused.flops == 10 * (2 * 4 * 3 + 3)
    assert fused.flops_per_second == fused.flops / 0.25
    assert rows["rest"].seconds == pytest.approx(1 - 0.375)


def test_what_two_kernels_compute_costs_once() -> None:
    n = nodes()
    rows = rows_of(Spent("nodes", (n["dense"], n["relu"]), 1.0), Spent("nodes", (n["sum"], n["relu"]), 1.0))
    assert sum(row.flops for row in rows.values()) == 10 * (2 * 4 * 3 + 3 + 3)


def test_what_belongs_to_no_layer() -> None:
    n = nodes()
    rows = rows_of(
        Spent("gather", (), 0.4),
        Spent("sums", (n["sum"],), 0.4),
        Spent("wait", (), 0.8),
        Spent("finish", (), 0.2),
        Spent("nodes", (n["relu"], n["update"]), 0.6),
    )
    assert {name: pytest.approx(row.seconds) for name, row in rows.items()} == {
        "data": 0.1, "sums over the batch": 0.1, "update, norms": 0.2, "waiting": 0.2, "rest": 0.4,
    }  # fmt: skip
    assert (rows["data"].forward, rows["sums over the batch"].backward) == (pytest.approx(0.1), pytest.approx(0.1))
    assert rows["sums over the batch"].flops == 0
    assert rows["update, norms"].flops == 10 * 3 + 12  # of each example, and once a step


def measured(**changes: Any) -> Bench:
    rows = (BenchRow("layer", ("conv1", "relu1"), 0.25e-3, 0.1e-3, 0.15e-3, 10**7), BenchRow("rest", (), 0.25e-3, 0, 0, 0))
    values = {
        "name": "net", "executor": "llvm", "threads": 2, "examples": 64, "steps": 40, "seconds": 0.5e-3, "best": 0.4e-3,
        "peak": 80e9, "compile_seconds": 0.3, "rows": rows,
    }  # fmt: skip
    return Bench(**(values | changes))


def test_the_document_by_hand() -> None:
    found = as_json(measured())
    assert (found["gflops"], found["samples_per_second"]) == (pytest.approx(20), pytest.approx(128_000))
    assert (found["share_of_peak"], found["rows"][0]["share_of_peak"]) == (pytest.approx(0.25), pytest.approx(0.5))
    assert found["rows"][0]["gflops"] == pytest.approx(40)
    unknown = as_json(measured(peak=None))
    assert (unknown["peak_gflops"], unknown["share_of_peak"], unknown["rows"][0]["share_of_peak"]) == (None, None, None)


@pytest.mark.parametrize("width", [78, 200])
def test_the_table(width: int) -> None:
    lines = plain(bench_table(measured()), width).splitlines()
    assert max(map(len, lines)) <= width
    shown = {line.split("  ")[0]: line.split() for line in lines}
    assert shown["conv1 + relu1"][3:] == [
        "0.1000",
        "0.1500",
        "0.2500",
        *(["10.0", "MFLOP"] * (width == 200)),
        "40.0",
        "50.0",
        "%",
        "50.0",
        "%",
    ]
    assert shown["rest"] == ["rest", "-", "-", "0.2500", *(["-"] * (width == 200)), "-", "-", "50.0", "%"]


def test_layers_in_layers_are_added_up() -> None:
    rows = (
        BenchRow("layer", ("a/conv1", "relu1"), 3.0, 1.0, 2.0, 10),
        BenchRow("layer", ("a/1/relu1", "a/conv1"), 5.0, 2.0, 3.0, 20),
        BenchRow("layer", ("dense1",), 7.0, 3.0, 4.0, 40),
        BenchRow("rest", (), 1.0, 0.0, 0.0, 0),
    )
    found = measured(rows=rows, depths={"relu1": 0, "a": 0, "a/conv1": 1, "a/1": 1, "a/1/relu1": 2, "dense1": 0})
    assert [row.name for row in found.grouped(None).rows] == ["a/conv1 + relu1", "a/1/relu1 + a/conv1", "dense1", "rest"]
    assert found.grouped(1).rows == (BenchRow("layer", ("a", "relu1"), 8.0, 3.0, 5.0, 30), *rows[2:])
    assert (bench_table(found.grouped(1)).caption or "").startswith("layers in others are added to these; --depth 2 shows more")
    assert found.grouped(3).depth is None
    assert [row.layers for row in found.grouped(2).rows] == [("a/conv1", "relu1"), ("a/1", "a/conv1"), ("dense1",), ()]


# --------------------------------------------------------------------------------------------------------------- the command


@pytest.mark.parametrize("executor", EXECUTORS)
def test_the_document(executor: str, tmp_path: Path) -> None:
    if executor == "llvm":
        pytest.importorskip("llvmlite")
    config = config_of(tmp_path)
    found = document("bench", config, "--steps", 3, "--executor", executor)
    assert list(found) == list(DOCUMENT)
    assert found["peak_gflops"] is not None or executor != "llvm"
    unknown = {"peak_gflops", "share_of_peak"} if found["peak_gflops"] is None else set()
    assert {key for key, value in found.items() if not isinstance(value, DOCUMENT[key])} == unknown
    assert (found["executor"], found["batch_size"], found["steps"]) == (executor, 16, 3)
    assert found["samples_per_second"] == pytest.approx(16e3 / found["ms_per_step"])
    assert found["gflops"] == pytest.approx(found["flops_per_step"] / found["ms_per_step"] / 1e6)
    assert found["best_ms_per_step"] <= found["ms_per_step"]
    check_rows(found, unknown)
    parts = [cost(prepare(load(config, [])).guarded_step, part) for part in ("forward", "backward", "update")]
    assert found["flops_per_step"] == sum(16 * part.per_example + part.per_step for part in parts)


def check_rows(found: Any, unknown: set[str]) -> None:
    rows = found["rows"]
    for row in rows:
        assert list(row) == list(ROW)
        assert {key for key, value in row.items() if not isinstance(value, ROW[key])} <= unknown
        assert row["ms"] >= row["forward_ms"] + row["backward_ms"] - 1e-9
    assert sum(row["share_of_step"] for row in rows) == pytest.approx(1)
    assert sum(row["ms"] for row in rows) == pytest.approx(found["ms_per_step"])
    assert sum(row["flops"] for row in rows) == found["flops_per_step"]
    assert {"dense1", "dense2"} <= {name for row in rows for name in row["layers"]}
    assert len({row["name"] for row in rows}) == len(rows)


def test_the_table_of_a_run(tmp_path: Path) -> None:
    said = succeed("bench", config_of(tmp_path), "--steps", 2, "--executor", "numpy").stdout
    assert said.startswith("small: a step of 16 examples, numpy, 1 thread; milliseconds\nlayer ")
    for word in ("dense1", "dense2", "update, norms", "rest", "step", "samples", "compiled"):
        assert f"\n{word} " in said


def test_a_batch_is_no_larger_than_the_data(tmp_path: Path) -> None:
    assert document("bench", config_of(tmp_path), "data.batch_size=5000", "--steps", 1)["batch_size"] == 108


def test_a_network_that_diverges_at_once(tmp_path: Path) -> None:
    """Its steps are steps."""
    config = config_of(tmp_path, IRIS.replace("adam: 0.01", "sgd: 1e35"))
    assert document("bench", config, "--steps", 30)["ms_per_step"] > 0


def test_ctrl_c(tmp_path: Path) -> None:
    """The running steps end, and nothing is printed."""
    profile = NumpyProgram.profile

    def interrupted(*arguments: Any) -> Profile:
        os.kill(os.getpid(), signal.SIGINT)
        return profile(*arguments)

    with patch.object(NumpyProgram, "profile", interrupted):
        result = call("bench", config_of(tmp_path), "--executor", "numpy", "--seconds", 20)
    assert (result.exit_code, result.stdout, result.stderr) == (130, "", "interrupted\n")


def test_wrong_requests(tmp_path: Path) -> None:
    config = config_of(tmp_path)
    assert "--steps and --seconds do not go together" in refused("bench", config, "--steps", 3, "--seconds", 1)
    assert "'--steps': " in refused("bench", config, "--steps", 0)
    assert "'--seconds': " in refused("bench", config, "--seconds", -1)
    assert "there is no file" in refused("bench", tmp_path / "nothing.yaml")
    assert 'unknown executor "numpi"' in refused("bench", config, "--executor", "numpi")
    assert 'unknown key "epoch"' in refused("bench", config, "train.epoch=3")
    weightless = config_of(tmp_path, IRIS.replace("- dense: 8", "- relu").replace("- dense: 3\n", "- relu\n"), "weightless")
    said = refused("bench", weightless)
    assert "error: " in said
