"""Odd names of files and directories, and odd places to work in."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from support.runs import IRIS, call, config_of, document, environment, netcli, refused, succeed

TABLE = "a,b,sort\n" + "".join(f"{n},{n * n % 7},{n % 3}\n" for n in range(40))
ON_TABLE = IRIS.replace("dataset: iris", "dataset: {csv: {path: data.csv, label: sort}}")


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "with spaces", "ünïcödé 数字", "quote'and\"quote", "-dash", "a=b", "#hash: colon", "new\nline", "tab\there",
        "\x1b[31mred", "..dots..", "dollar$(x)`y`", "{brace}", "%s%d", "x" * 120, "🙂",
    ],
    ids=ascii,
)  # fmt: skip
def test_names(name: str, tmp_path: Path) -> None:
    folder = tmp_path / name
    folder.mkdir()
    (folder / "data.csv").write_text(TABLE)
    config = config_of(folder, ON_TABLE, name)
    run = folder / f"run {name}"
    result = succeed("train", config, "train.epochs=1", "--run-dir", run)
    assert "\x1b" not in result.output
    summary = document("train", "--resume", run, "train.epochs=2")
    assert summary["run_dir"] == str(run)
    assert document("evaluate", run)["examples"] == 8
    assert len(document("predict", run, folder / "data.csv")["predictions"]) == 40
    assert "\x1b" not in succeed("predict", run, folder / "data.csv").output
    config.write_text("model: 3\n")
    message = refused("train", config)
    assert "\x1b" not in message
    assert "error: " in message


def test_a_name_that_is_not_utf8(tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/b\xffd"))
    folder.mkdir()
    (folder / "data.csv").write_text(TABLE)
    config = config_of(folder)
    succeed("train", config, "--run-dir", folder / "run", "-q")
    succeed("train", "--resume", folder / "run", "train.epochs=3", "-q")
    assert document("evaluate", folder / "run")["run_dir"] == str(folder / "run")
    np.save(folder / "x.npy", np.ones((1, 4)))
    assert document("predict", folder / "run", folder / "x.npy")["predictions"]
    assert "there is no file" in refused("train", folder / "nothing.yaml")
    other = config_of(folder, ON_TABLE, "other")
    message = refused("train", other, "--run-dir", folder / "other")
    assert "the path of the data is not UTF-8" in message
    assert not (folder / "other").exists()


def test_links(tmp_path: Path) -> None:
    config = config_of(tmp_path)
    (tmp_path / "link.yaml").symlink_to(config)
    succeed("train", tmp_path / "link.yaml", "--run-dir", tmp_path / "run", "-q")
    (tmp_path / "linked").symlink_to(tmp_path / "run")
    succeed("evaluate", tmp_path / "linked")
    succeed("train", "--resume", tmp_path / "linked", "train.epochs=3", "-q")
    (tmp_path / "loop.yaml").symlink_to(tmp_path / "loop.yaml")
    assert "cannot be read" in refused("train", tmp_path / "loop.yaml")
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    assert "is not a directory" in refused("evaluate", tmp_path / "nowhere")


def test_paths_are_those_of_the_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Data lies beside the config, runs in the working directory."""
    (tmp_path / "configs").mkdir()
    (tmp_path / "work").mkdir()
    (tmp_path / "configs/data.csv").write_text(TABLE)
    config_of(tmp_path / "configs", ON_TABLE)
    monkeypatch.chdir(tmp_path / "work")
    succeed("train", "../configs/small.yaml", "-q")
    monkeypatch.chdir(tmp_path)
    succeed("evaluate", "work/runs/small/001")


def test_an_environment_without_anything(tmp_path: Path) -> None:
    done = netcli("train", config_of(tmp_path), "-q", cwd=tmp_path, env={"PATH": "/nowhere"})
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "runs/small/001/report.html").exists()


def test_without_a_locale(tmp_path: Path) -> None:
    """Python then takes file names for ASCII and hands other bytes on as they are."""
    folder = tmp_path / "ünïcödé"
    folder.mkdir()
    plain = environment(LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    done = netcli("train", config_of(folder), "--run-dir", folder / "rün", "-q", env=plain)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.isascii()
    succeed("evaluate", folder / "rün")


def test_a_working_directory_that_is_gone(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    config = config_of(tmp_path)
    script = "import os, sys; os.rmdir(os.getcwd()); from netcli.cli import main; sys.argv[0] = 'netcli'; main()"
    command = [sys.executable, "-c", script, "train", str(config), "-q"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=gone, env=environment(), check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: cannot make the run directory runs/small: No such file or directory\n")


@pytest.mark.parametrize("source", ["/dev/null", "/dev/zero", "/dev/fd/99", "/", "x" * 5000], ids=ascii)
def test_configs_that_are_none(source: str) -> None:
    assert "error: " in refused("train", source)


def test_a_config_through_a_pipe(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, IRIS.encode())
    os.close(writing)
    try:
        result = call("train", f"/dev/fd/{reading}", "name=piped", "--run-dir", tmp_path / "run", "-q")
    finally:
        os.close(reading)
    assert result.exit_code == 0, result.output


@pytest.mark.slow
@pytest.mark.parametrize(("executor", "pairs"), [("numpy", 250), ("llvm", 40)])
def test_a_huge_config(executor: str, pairs: int, tmp_path: Path) -> None:
    """Hundreds of layers are built, differentiated and trained; nothing recurses along them."""
    layers = "".join(f"    - dense: {{units: 4, name: layer{number}}}\n    - tanh\n" for number in range(pairs))
    ends = "    - dense: 3\n    - softmax\n    - cross_entropy\n"
    text = f"executor: {executor}\ndata: {{dataset: iris, batch_size: 1000}}\nmodel:\n  layers:\n{layers}{ends}"
    summary = document("train", config_of(tmp_path, text), "train.epochs=1", "--run-dir", tmp_path / "run")
    assert summary["steps"] == 1
