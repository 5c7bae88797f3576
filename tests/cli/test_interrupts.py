"""Ctrl-C and its kin: the running step ends, everything is saved, and it is said how to go on."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from pathlib import Path

import pytest
from support.runs import COMMAND, call, config_of, document, environment, last_of, metrics_of, position_of, tensors_of

from netcli.training.interruption import Interruption


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_a_signal_in_the_middle_of_training(number: signal.Signals, tmp_path: Path) -> None:
    run = tmp_path / "a run"
    command = [*COMMAND, "train", str(config_of(tmp_path)), "train.epochs=1000000", "--run-dir", str(run)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        for line in child.stdout:
            if line.lstrip().startswith("3/1000000"):
                break
        child.send_signal(number)
        rest, said = child.communicate(timeout=30)
    assert child.returncode == 130
    assert said == f"interrupted; netcli train --resume '{run}' goes on\n"
    assert "\ninterrupted after " in rest
    position = position_of(last_of(run))
    assert position["epoch"] >= 3
    assert len(metrics_of(run)) == position["epoch"]
    done = int(tensors_of(last_of(run))["step"])
    assert done == 7 * position["epoch"] + position["batch"]
    summary = document("train", "--resume", run, f"train.epochs={position['epoch'] + 2}")
    assert (summary["stopped"], summary["steps"]) == ("finished", 7 * (position["epoch"] + 2))


@pytest.mark.slow
def test_a_signal_ends_a_compilation(tmp_path: Path) -> None:
    """At the kernel that is compiled, before anything is written: nothing is left but the kernels of others."""
    layers = [f"dense: {units}, sigmoid" for units in range(30, 150)]
    config, run = config_of(tmp_path), tmp_path / "run"
    command = [
        *COMMAND,
        "train",
        str(config),
        f"model.layers=[{', '.join(layers)}, dense: 3, softmax, cross_entropy]",
    ]
    env = environment(NETCLI_CACHE=str(tmp_path / "cache"))
    with subprocess.Popen(
        [*command, "--run-dir", str(run)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=env,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - background jobs ignore it
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline().startswith("compiling, ")
        child.send_signal(signal.SIGINT)
        rest, said = child.communicate(timeout=30)
    assert (child.returncode, rest, said) == (130, "", "interrupted\n")
    assert not run.exists()


def test_the_first_signal_asks_and_the_second_stops() -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    with Interruption() as interruption:
        assert not interruption.asked
        os.kill(os.getpid(), signal.SIGINT)
        assert interruption.asked
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    signal.signal(signal.SIGINT, before)


def test_handlers_are_put_back() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with Interruption():
        assert signal.getsignal(signal.SIGTERM) != before[1]
    with pytest.raises(ZeroDivisionError), Interruption():
        _ = 1 / 0
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_another_thread_than_the_main_one() -> None:
    asked: list[bool] = []

    def train() -> None:
        with Interruption() as interruption:
            asked.append(interruption.asked)

    thread = threading.Thread(target=train)
    thread.start()
    thread.join()
    assert asked == [False]


def test_ctrl_c_before_training_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import netcli.training.session as session

    def interrupt(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(session, "load_data", interrupt)
    result = call("train", config_of(tmp_path), "--run-dir", tmp_path / "run")
    assert (result.exit_code, result.stdout, result.stderr) == (130, "", "interrupted\n")
    assert not (tmp_path / "run").exists()


def test_a_second_ctrl_c_while_it_saves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was saved before stays."""
    import netcli.runs.files as files

    config, run = config_of(tmp_path), tmp_path / "run"
    call("train", config, "train.epochs=1", "--run-dir", run, "-q")
    kept = last_of(run).read_bytes()

    def interrupt(*arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(files.os, "fsync", interrupt)
        assert call("train", "--resume", run, "train.epochs=2", "-q").exit_code == 130
    assert last_of(run).read_bytes() == kept
    assert not list(run.rglob(".*"))
    assert document("train", "--resume", run, "train.epochs=2")["epochs"] == 2
