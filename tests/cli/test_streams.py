"""Where output goes and what it may hold: pipes, closed and full streams, plain and real terminals."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import termios
from collections.abc import Mapping
from pathlib import Path

import pytest
from support.runs import COMMAND, config_of, environment, netcli

CONTROL = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Iris, four epochs, into its own directory."""
    return config_of(tmp_path)


def shell(script: str, cwd: Path, **env: str | None) -> subprocess.CompletedProcess[str]:
    """A line of bash, in which $netcli is the command."""
    env_ = environment(netcli=" ".join(COMMAND), **env)
    return subprocess.run(["bash", "-c", script], capture_output=True, text=True, cwd=cwd, env=env_, timeout=60, check=False)


# --- not a terminal --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "env", [{}, {"TERM": "xterm-256color", "COLUMNS": "20"}, {"TERM": "dumb", "NO_COLOR": "1", "LC_ALL": "C"}], ids=len
)
def test_lines_and_nothing_else(env: Mapping[str, str], config: Path) -> None:
    done = netcli("train", config, "train.epochs=4", cwd=config.parent, env=environment(**env))
    assert (done.returncode, done.stderr) == (0, "")
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", done.stdout)
    epochs = re.findall(r"^ *(\d)/4 ", done.stdout, flags=re.MULTILINE)
    assert epochs == ["1", "2", "3", "4"]
    assert len(done.stdout.splitlines()) < 50


def test_forced_colours_move_no_cursor(config: Path) -> None:
    done = netcli("train", config, cwd=config.parent, env=environment(FORCE_COLOR="1", TERM="xterm-256color"))
    assert done.returncode == 0
    used = {kind for _, kind in CONTROL.findall(done.stdout)}
    assert used == {"m"}  # colours and bold
    assert "\r" not in done.stdout


def test_characters_that_the_stream_cannot_write(config: Path) -> None:
    plain = environment(LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0", PYTHONIOENCODING=None)
    done = netcli("train", config, cwd=config.parent, env=plain)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.isascii()


# --- readers that go away, streams that are full or closed ------------------------------------------------------------


def test_into_head(config: Path) -> None:
    done = shell("$netcli train small.yaml train.epochs=300 | head -1; echo ${PIPESTATUS[0]}", config.parent)
    assert done.stdout.splitlines() == ["small  small.yaml", "141"]
    assert done.stderr == ""


def test_a_document_into_head(config: Path) -> None:
    done = shell("$netcli schema | head -c 1 >/dev/null; echo ${PIPESTATUS[0]}", config.parent)
    assert done.stdout in {"0\n", "141\n"}  # whether head was gone before the rest was written
    assert done.stderr == ""


def test_messages_into_head(config: Path) -> None:
    done = shell(
        "$netcli train small.yaml train.epochs=300 --json 2>&1 >/dev/null | head -1; echo ${PIPESTATUS[0]}", config.parent
    )
    assert done.stdout.splitlines() == ["small  small.yaml", "141"]
    assert done.stderr == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("arguments", ["train small.yaml", "schema", "layers", "--help"])
def test_no_room(arguments: str, config: Path) -> None:
    done = shell(f"$netcli {arguments} > /dev/full", config.parent)
    assert (done.returncode, done.stderr) == (2, "error: the output: No space left on device\n")


@pytest.mark.slow
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&- <&-"])
def test_closed_streams(closed: str, config: Path) -> None:
    done = shell(f"$netcli train small.yaml --run-dir run -q {closed}", config.parent)
    assert (done.returncode, done.stderr) == (0, "")
    assert (config.parent / "run/checkpoints/best.safetensors").exists()


@pytest.mark.parametrize("stream", ["2>&-", "2>/dev/full"])
def test_an_error_that_nobody_can_be_told(stream: str, config: Path) -> None:
    assert shell(f"$netcli train nothing.yaml {stream}", config.parent).returncode == 2


# --- terminals -------------------------------------------------------------------------------------------------------


def in_terminal(columns: int, *arguments: str, cwd: Path, term: str = "xterm-256color", **env: str) -> tuple[int, str]:
    """The exit code, and all that is written to a terminal so wide."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    env_ = environment(TERM=term, **env)
    child = subprocess.Popen([*COMMAND, *arguments], stdin=theirs, stdout=theirs, stderr=theirs, cwd=cwd, env=env_)
    os.close(theirs)
    written = read_all(ours)
    return child.wait(10), written


def read_all(terminal: int) -> str:
    """What is written to a terminal until its other end is closed."""
    written = b""
    with os.fdopen(terminal, "rb", buffering=0) as file, contextlib.suppress(OSError):  # EIO: it is closed
        while chunk := file.read(65536):
            written += chunk
    return written.decode()


def shown(written: str) -> list[str]:
    """The lines as they stand in the terminal, without colours: what follows a carriage return begins a line anew."""
    return re.split(r"[\r\n]+", CONTROL.sub("", written))


@pytest.mark.parametrize("columns", [80, 200])
def test_no_line_is_wider_than_the_terminal(columns: int, config: Path) -> None:
    code, written = in_terminal(columns, "train", "small.yaml", "train.epochs=12", "--run-dir", "run", cwd=config.parent)
    assert code == 0, written
    assert max(map(len, shown(written))) <= columns
    assert {kind for _, kind in CONTROL.findall(written)} >= {"m", "A", "K"}  # drawn over: cursor up, line cleared
    assert written.count("\x1b[?25l") == written.count("\x1b[?25h")  # the cursor comes back
    assert len([line for line in shown(written) if re.match(r" *12/12 ", line)]) == 1


def test_a_wrong_config_in_a_terminal(config: Path) -> None:
    config.write_text(config.read_text().replace("tanh", "tnah"))
    code, written = in_terminal(80, "train", "small.yaml", cwd=config.parent)
    assert code == 2
    assert "small.yaml:5:7: error: unknown layer" in CONTROL.sub("", written)
    assert "\x1b[1m" in written or "\x1b[1;31m" in written
    assert max(map(len, shown(written))) <= 80


@pytest.mark.parametrize(("term", "env", "used"), [("dumb", {}, set()), ("xterm", {"CI": "true"}, {"m"})], ids=["dumb", "CI"])
def test_terminals_that_are_not_drawn_over(term: str, env: dict[str, str], used: set[str], config: Path) -> None:
    code, written = in_terminal(80, "train", "small.yaml", "--run-dir", "run", cwd=config.parent, term=term, **env)
    assert code == 0
    assert {kind for _, kind in CONTROL.findall(written)} == used


def test_json_in_a_terminal(config: Path) -> None:
    """The document goes through a pipe, the rest to the terminal."""
    ours, theirs = pty.openpty()
    command = [*COMMAND, "train", "small.yaml", "--run-dir", "run", "--json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=theirs, cwd=config.parent, env=environment(TERM="xterm")
    ) as child:
        os.close(theirs)
        written = read_all(ours)
        assert child.stdout is not None
        found = json.loads(child.stdout.read())
    assert (child.returncode, found["stopped"]) == (0, "finished")
    assert "2/2" in written


@pytest.mark.parametrize("form", ["png", "html"])
def test_what_is_not_for_a_terminal(form: str, config: Path) -> None:
    code, written = in_terminal(80, "inspect-graph", config.name, "--format", form, cwd=config.parent)
    assert code == 2
    assert f"{form} is not for a terminal" in written
    assert f"--out graph.{form}" in written
