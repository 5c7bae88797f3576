"""Killed at any moment, also while it saves, a run can be gone on with and ends in the same bits."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.runs import assert_same_run, config_of, environment, last_of, succeed, tensors_of

pytestmark = pytest.mark.slow

#: Goes on with a run of one epoch up to a second one, once for each of the moments before something is written, flushed or
#: renamed in it: a child kills itself there, as `kill -9` does, and another one goes on. Prints the moments.
AT_EVERY_MOMENT = """
import os, shutil, signal, sys
from netcli.cli import app

def child(run, dies_at=None):
    if os.fork() == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        left = dies_at
        def moment():
            nonlocal left
            if left is not None:
                left -= 1
                if left < 0:
                    os.kill(os.getpid(), signal.SIGKILL)
        def watch(event, details):
            writes = event == "open" and isinstance(details[0], str) and details[2] & os.O_WRONLY
            if (writes or event == "os.rename") and str(details[0]).startswith(run):
                moment()
        sys.addaudithook(watch)
        os.fsync = lambda file: moment()
        try:
            app(["train", "--resume", run, "train.epochs=2", "-q"])
        except SystemExit as end:
            os._exit(end.code or 0)  # at once: taking the interpreter down takes longer than training
    return os.wait()[1]

first, folder = sys.argv[1:]
app(["train", "--resume", first, "-q"], standalone_mode=False)  # what is made once, is made before the first fork
for number in range(1000):
    run = f"{folder}/{number}"
    shutil.copytree(first, run)
    status = child(run, dies_at=number)
    if os.WIFEXITED(status):
        assert os.WEXITSTATUS(status) == 0
        break
    assert child(run) == 0
    print("went on after", number, flush=True)
"""


def test_killed_at_every_moment(tmp_path: Path) -> None:
    config = config_of(tmp_path)
    succeed("train", config, "--run-dir", tmp_path / "unbroken", "-q")
    succeed("train", config, "train.epochs=1", "--run-dir", tmp_path / "first", "-q")
    done = run_script(AT_EVERY_MOMENT, tmp_path / "first", tmp_path / "killed")
    moments = re.findall(r"^went on after (\d+)$", done, flags=re.MULTILINE)
    assert len(moments) >= 15  # the config, the metrics, two checkpoints, the report: opened, flushed, renamed
    for moment in moments:
        assert_same_run(tmp_path / "unbroken", tmp_path / "killed" / moment)
        assert not list((tmp_path / "killed" / moment).rglob(".*"))


#: Trains in children that it kills after a random time; goes on until one of them is done.
AT_RANDOM = """
import os, random, signal, sys, time
from pathlib import Path
from safetensors import safe_open
from netcli.cli import app

config, run, setting = sys.argv[1:]
app(["train", config, "--run-dir", f"{run}-first", "-q"], standalone_mode=False)
last = Path(run) / "checkpoints/last.safetensors"
random.seed(5)
for killed in range(8):
    begun = last.exists()
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        app(["train", "--resume", run, "-q"] if begun else ["train", config, setting, "--run-dir", run, "-q"])
    while not last.exists():
        time.sleep(0.001)
    time.sleep(random.uniform(0.0, 0.3))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with safe_open(last, "np") as file:
        assert "step" in file.keys()
"""


def test_killed_at_random(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run_script(AT_RANDOM, config_of(tmp_path), run, "train.epochs=100000")
    done = int(tensors_of(last_of(run))["step"]) // 7
    assert done >= 1
    succeed("train", "--resume", run, f"train.epochs={done + 1}", "-q")
    assert int(tensors_of(last_of(run))["step"]) == 7 * (done + 1)


def run_script(script: str, *arguments: object) -> str:
    """What a Python script prints; it must succeed."""
    command = [sys.executable, "-c", script, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment(), check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
