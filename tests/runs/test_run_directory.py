"""Run directories: their names and numbers, what is in them, what cannot be one."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support.runs import IRIS, call, config_of, document, metrics_of, refused, succeed

from netcli.config.dump import absolute_paths
from netcli.config.load import load
from netcli.errors import CheckpointError, UsageError
from netcli.runs.directory import create, open_run


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_numbers_go_up(here: Path) -> None:
    assert [str(create("net", None, "").path) for _ in range(3)] == ["runs/net/001", "runs/net/002", "runs/net/003"]
    (here / "runs/net/041").mkdir()
    (here / "runs/net/notes").mkdir()
    (here / "runs/net/7 b").touch()
    assert create("net", None, "").path.name == "042"
    (here / "runs/net/999").touch()
    assert create("net", None, "").path.name == "1000"
    assert create("other", None, "").path == Path("runs/other/001")


def test_runs_that_start_at_once_get_one_each(here: Path) -> None:
    with ThreadPoolExecutor(16) as threads:
        paths = list(threads.map(lambda number: create("net", None, str(number)).path, range(64)))
    assert sorted(path.name for path in paths) == [f"{number:03d}" for number in range(1, 65)]
    assert sorted(int((path / "config.yaml").read_text()) for path in paths) == list(range(64))


def test_a_directory_of_one_s_own(here: Path) -> None:
    (here / "empty").mkdir()
    assert create("net", Path("empty"), "").path == Path("empty")
    assert create("net", Path("deep/er/run"), "").path.is_dir()
    Path("link").symlink_to("empty2")
    (here / "empty2").mkdir()
    create("net", Path("link"), "text")
    assert (here / "empty2/config.yaml").read_text() == "text"


@pytest.mark.parametrize("wanted", ["full", "file", "."])
def test_what_is_there_is_left_alone(wanted: str, here: Path) -> None:
    (here / "full").mkdir()
    (here / "full/precious").touch()
    (here / "file").touch()
    with pytest.raises(UsageError, match="is there and not empty"):
        create("net", Path(wanted), "")
    assert [path.name for path in Path("full").iterdir()] == ["precious"]


@pytest.mark.parametrize("wanted", ["file/run", "/proc/run", "/dev/null/run", "x" * 300])
def test_what_cannot_be_made(wanted: str, here: Path) -> None:
    (here / "file").touch()
    with pytest.raises(UsageError, match=f"cannot make the run directory {wanted}: "):
        create("net", Path(wanted), "")


def test_no_room_for_runs(here: Path) -> None:
    (here / "runs").touch()
    message = refused("train", config_of(here))
    assert "cannot make the run directory runs/small: " in message
    assert "--run-dir names another one" in message


def test_what_is_in_it(here: Path) -> None:
    succeed("train", config_of(here), "-q")
    assert sorted(str(path.relative_to("runs/small")) for path in Path("runs/small").rglob("*")) == [
        "001", "001/checkpoints", "001/checkpoints/best.safetensors", "001/checkpoints/last.safetensors", "001/config.yaml",
        "001/metrics.jsonl", "001/report.html",
    ]  # fmt: skip
    assert "<html" in Path("runs/small/001/report.html").read_text()


def test_the_lines_of_metrics(here: Path) -> None:
    config = config_of(here)
    summary = document("train", config, "--run-dir", "run")
    lines = metrics_of(Path("run"))
    assert [line["epoch"] for line in lines] == [1, 2]
    assert [line["step"] for line in lines] == [7, 14]
    parameters = ["dense1/weight", "dense1/bias", "dense2/weight", "dense2/bias"]
    for line in lines:
        assert set(line) >= {
            "epoch", "step", "lr", "seconds", "samples_per_second", "train", "validation", "grad_norm", "grad_norms",
        }  # fmt: skip
        assert list(line["train"]) == list(line["validation"]) == ["loss", "accuracy"]
        assert list(line["grad_norms"]) == parameters
        assert line["lr"] == pytest.approx(0.01)
        assert line["samples_per_second"] == pytest.approx(108 / line["seconds"])
        assert max(line["grad_norms"].values()) <= line["grad_norm"]
        assert line["grad_norm"] <= sum(norm for norm in line["grad_norms"].values())
    assert summary["train"] == lines[-1]["train"]
    assert summary["validation"] == lines[-1]["validation"]
    assert summary["grad_norm"] == lines[-1]["grad_norm"]


def test_the_config_in_it_reads_as_the_same(here: Path) -> None:
    (here / "data").mkdir()
    (here / "data/wörk sheet.csv").write_text("a,b,sort\n" + "".join(f"{i},{i * i % 7},{i % 3}\n" for i in range(40)))
    text = IRIS.replace("dataset: iris", "dataset: {csv: {path: ../data/wörk sheet.csv, label: sort}}")
    (here / "configs").mkdir()
    config = config_of(here / "configs", text)
    settings = ["train.epochs=1", "seed=5", "name=other", "train.clip_norm=1e-3"]
    succeed("train", config, *settings, "--run-dir", "run", "-q")
    loaded = load(config, settings)
    kept = load(Path("run/config.yaml")).config
    assert kept == absolute_paths(loaded.config, loaded.folder)
    assert (kept.seed, kept.name, kept.train.epochs, kept.train.clip_norm) == (5, "other", 1, 1e-3)
    assert kept.data.dataset.path == str((here / "data/wörk sheet.csv").resolve())
    (here / "run").rename(here / "moved")
    succeed("evaluate", "moved")
    succeed("train", "--resume", "moved", "train.epochs=2", "-q")


@pytest.mark.parametrize("command", [["evaluate"], ["predict"], ["train", "--resume"]], ids=lambda words: words[0])
def test_what_is_no_run(command: list[str], here: Path) -> None:
    (here / "file.npy").touch()
    (here / "empty").mkdir()
    after = ["file.npy"] if command == ["predict"] else []
    assert "nowhere is not a directory" in refused(*command, "nowhere", *after)
    assert "file.npy is not a directory" in refused(*command, "file.npy", *after)
    assert "empty is not a run directory: it has no config.yaml" in refused(*command, "empty", *after)
    (here / "empty/config.yaml").mkdir()
    assert "empty is not a run directory: it has no config.yaml" in refused(*command, "empty", *after)
    (here / "empty/config.yaml").rmdir()
    (here / "empty/config.yaml").write_text(IRIS)
    assert "safetensors does not exist" in refused(*command, "empty", *after)


def test_a_run_without_an_epoch_has_no_best(here: Path) -> None:
    from support.runs import interrupted_after

    with interrupted_after(2):
        assert call("train", config_of(here), "executor=numpy", "--run-dir", "run").exit_code == 130
    message = refused("evaluate", "run")
    assert "run has no best checkpoint: no epoch was completed" in message
    assert "--checkpoint last" in message
    succeed("evaluate", "run", "--checkpoint", "last")


def test_nothing_is_made_where_training_cannot_begin(here: Path) -> None:
    config = config_of(here)
    for setting in ("executor=llvn", "data.dataset=digits", "model.layers.2=relu", "train.epochs=0", "data.validation=2"):
        refused("train", config, setting)
    call("train", config, "model.layers.0.dense.units=100000000000")
    refused("train", config, f"model.layers.0.dense.units={10**15}")
    assert not Path("runs").exists()


def test_metrics_of_a_line_that_was_being_written(here: Path) -> None:
    run = create("net", None, "")
    assert run.read_metrics() == []
    run.metrics.write_text('{"epoch": 1}\n{"epo')
    assert run.read_metrics() == [{"epoch": 1}]
    run.metrics.write_text('{"epo\n{"epoch": 2}\n')
    with pytest.raises(CheckpointError, match=r"metrics.jsonl:1 is not an entry of metrics"):
        run.read_metrics()
    run.rewrite([{"epoch": 1, "x": 0.1}])
    assert json.loads(run.metrics.read_text()) == {"epoch": 1, "x": 0.1}


def test_one_process_at_a_time(here: Path) -> None:
    run = create("net", None, "")
    with run.claimed(), pytest.raises(UsageError, match="is being trained by another process"), open_run(run.path).claimed():
        pass
    with run.claimed():
        pass


def test_one_directory_is_given_to_one(here: Path) -> None:
    def attempt(number: int) -> str:
        try:
            create("net", Path("wanted"), str(number))
        except UsageError:
            return "refused"
        return str(number)

    with ThreadPoolExecutor(16) as threads:
        found = list(threads.map(attempt, range(32)))
    assert found.count("refused") == 31
    assert Path("wanted/config.yaml").read_text() in found
