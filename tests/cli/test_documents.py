"""What `--json` prints: one document on stdout, with the keys that are promised, and nothing else there."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from jsonschema import Draft202012Validator
from support.cases import COMMAND_CASES
from support.runs import call, config_of, document, interrupted_after, metrics_of, netcli

from netcli.layers.layer import LAYERS
from netcli.ops.sigmoid import Tanh

TRAIN = COMMAND_CASES["train"].keys


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The config of iris."""
    return config_of(tmp_path_factory.mktemp("documents"))


@pytest.fixture(scope="module")
def run(config: Path) -> Path:
    """A run of it."""
    document("train", config, "--run-dir", config.parent / "run")
    return config.parent / "run"


def test_train(config: Path, tmp_path: Path) -> None:
    found = document("train", config, "--run-dir", tmp_path / "run")
    assert list(found) == TRAIN
    assert (found["run_dir"], found["executor"], found["stopped"]) == (str(tmp_path / "run"), "llvm", "finished")
    assert (found["epochs"], found["steps"]) == (2, 14)
    for part in ("train", "validation", "test"):
        assert list(found[part]) == ["loss", "accuracy"]
        assert 0 < found[part]["accuracy"] <= 1
    assert found["samples_per_second"] == pytest.approx(2 * 108 / found["seconds"])
    assert found["grad_norm"] == metrics_of(tmp_path / "run")[-1]["grad_norm"]


def test_train_without_splits(config: Path, tmp_path: Path) -> None:
    found = document("train", config, "data.test=0", "data.validation=0", "--run-dir", tmp_path / "run")
    assert list(found) == TRAIN
    assert (found["validation"], found["test"]) == (None, None)


def test_train_interrupted(config: Path, tmp_path: Path) -> None:
    with interrupted_after(3):
        found = document("train", config, "executor=numpy", "--run-dir", tmp_path / "run", code=130)
    assert list(found) == TRAIN
    assert (found["stopped"], found["epochs"], found["steps"], found["test"]) == ("interrupted", 0, 3, None)
    assert found["train"]["loss"] > 0  # of the three steps
    assert found["validation"] is None


def test_train_diverged(config: Path, tmp_path: Path) -> None:
    result = call("train", config, "train.optimizer.adam.lr=1e35", "--run-dir", tmp_path / "run", "--json")
    found = json.loads(result.stdout)
    assert result.exit_code == 1
    assert list(found) == TRAIN
    assert (found["stopped"], found["grad_norm"]) == ("diverged", None)
    assert "training diverged" in result.stderr


@pytest.mark.parametrize("flags", [["--json"], ["--json", "--quiet"]], ids=len)
def test_what_people_read_goes_to_stderr(flags: list[str], config: Path, tmp_path: Path) -> None:
    done = netcli("train", config, "--run-dir", tmp_path / "run", *flags)
    assert done.returncode == 0
    assert list(json.loads(done.stdout)) == TRAIN
    assert "finished after 2 epochs" in done.stderr
    assert ("dense1/weight" in done.stderr) == ("--quiet" not in flags)


def test_evaluate(run: Path) -> None:
    found = document("evaluate", run)
    assert list(found) == ["run_dir", "checkpoint", "epoch", "split", "examples", "metrics", "classes", "confusion"]
    assert (found["run_dir"], found["checkpoint"], found["split"], found["examples"]) == (str(run), "best", "test", 30)
    assert list(found["metrics"]) == ["loss", "accuracy"]
    assert [list(entry) for entry in found["classes"]] == [["name", "examples", "precision", "recall"]] * 3
    assert np.array(found["confusion"]).shape == (3, 3)


def test_predict(run: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.ones((2, 4)))
    found = document("predict", run, tmp_path / "x.npy")
    assert list(found) == ["run_dir", "predictions"]
    for entry in found["predictions"]:
        assert list(entry) == ["input", "class", "probability", "probabilities"]
        assert list(entry["probabilities"]) == ["setosa", "versicolor", "virginica"]


CHECK = {"name", "kind", "verdict", "max_abs_error", "max_rel_error", "elements"}


@pytest.mark.parametrize("what", ["operations", "model"])
def test_gradcheck(what: str, config: Path) -> None:
    found = document("gradcheck", *([config] if what == "model" else []))
    assert list(found) == ["passed", "checks", "faults"]
    assert found["passed"] is True
    assert found["faults"] == []
    for check in found["checks"]:
        assert set(check) - {"detail"} == CHECK  # detail: in words, what was found
        assert check["verdict"] in {"pass", "kink"}
        assert check["max_rel_error"] < 1e-3
    names = [check["name"] for check in found["checks"]]
    assert {"dense1/weight", "dense1/bias", "dense2/weight", "dense2/bias"} <= set(names) or what == "operations"
    assert len(set(names)) > 30 or what == "model"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["numpy", "llvm"])
@pytest.mark.parametrize("what", ["operations", "model"])
def test_gradcheck_of_an_executor(what: str, name: str, config: Path) -> None:
    found = document("gradcheck", *([config, "--examples", "20"] if what == "model" else []), "--executor", name)
    assert list(found) == ["passed", "checks"]
    assert found["passed"] is True
    names = [check["name"] for check in found["checks"]]
    assert len(names) == len(set(names))
    if what == "model":
        assert names == ["dense1/weight", "dense1/bias", "dense2/weight", "dense2/bias"]
    for check in found["checks"]:
        assert set(check) - {"detail"} == CHECK | {"digits", "worst_digits", "share_of_bound"}
        assert (check["kind"], check["verdict"]) == ("float32", "pass")
        assert 5 < check["digits"] < 7.3
        assert 0 <= check["share_of_bound"] < 1
        assert check["max_rel_error"] <= 10 ** -check["digits"] * 1.001


def test_gradcheck_of_an_executor_that_is_wrong(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hyperbolic tangent that is wrong by 0.01 %, in float32 alone."""
    right = Tanh.forward
    wrong = lambda self, xp, x: right(self, xp, x) * (np.float32(1.0001) if x.dtype == "float32" else 1)  # noqa: E731
    monkeypatch.setattr(Tanh, "forward", wrong)
    result = call("gradcheck", config, "--executor", "numpy", "--json")
    found = json.loads(result.stdout)
    assert result.exit_code == 1
    assert found["passed"] is False
    failed = {check["name"]: check for check in found["checks"] if check["verdict"] == "fail"}
    assert {"dense1/weight", "dense2/weight"} <= failed.keys()
    assert "elements wrong" in failed["dense2/weight"]["detail"]
    assert 3 < failed["dense2/weight"]["digits"] < 5
    assert "error: the gradient check failed for" in result.stderr


def test_gradcheck_that_fails(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hyperbolic tangent whose derivative is wrong by 1 %: what comes before it in the network is wrong, and named."""
    right = Tanh.vjp
    monkeypatch.setattr(Tanh, "vjp", lambda self, node, g: tuple(found and found * 1.01 for found in right(self, node, g)))
    result = call("gradcheck", config, "--json")
    found = json.loads(result.stdout)
    assert result.exit_code == 1
    assert found["passed"] is False
    failed = {check["name"] for check in found["checks"] if check["verdict"] == "fail"}
    assert {"dense1/weight", "dense1/bias"} <= failed
    assert "dense2/weight" not in failed
    (fault,) = found["faults"]
    assert (fault["operation"], fault["layer"], fault["line"], fault["rule"], fault["input"]) == ("tanh", "tanh1", 5, "vjp", 0)
    assert fault["found"] / fault["expected"] == pytest.approx(1.01, rel=1e-6)
    assert fault["suggestions"] == ["a factor of 1.01 everywhere"]
    assert "error: the gradient check failed for" in result.stderr


def test_layers() -> None:
    found = document("layers")
    assert list(found) == ["layers"]
    assert [entry["layer"] for entry in found["layers"]] == list(LAYERS.members)
    for name in LAYERS.members:
        assert document("layers", name) in found["layers"]


def test_schema(config: Path) -> None:
    result = call("schema")
    assert (result.exit_code, result.stderr) == (0, "")
    schema = json.loads(result.stdout)
    Draft202012Validator.check_schema(schema)
    assert set(schema["properties"]) == {"name", "seed", "executor", "plugins", "data", "model", "train"}
