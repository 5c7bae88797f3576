"""Runs for tests: small configs, the command line called in this process or in another one, what a run leaves behind."""

from __future__ import annotations

import gzip
import json
import os
import struct
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
from safetensors import safe_open
from typer.testing import CliRunner, Result

from netcli.cli import app
from netcli.config.load import load
from netcli.graph import Array
from netcli.report.terminal import Abilities, Output
from netcli.report.training import TrainingReport
from netcli.training.loop import Outcome, Trainer
from netcli.training.resume import begin, resume
from netcli.training.run_directory import RunDirectory, create, open_run
from netcli.training.session import prepare

#: A network that trains in milliseconds.
IRIS = """\
data: {dataset: iris, batch_size: 16}
model:
  layers:
    - dense: 8
    - tanh
    - dense: 3
    - softmax
    - cross_entropy
train: {epochs: 2, optimizer: {adam: 0.01}}
"""


def call(*arguments: object) -> Result:
    """The command line, in this process. A traceback fails the test."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert "Traceback" not in result.output
    return result


def document(*arguments: object) -> Any:
    """The JSON document that a command writes to stdout, where nothing else may stand; the command must succeed."""
    result = call(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def environment(**changes: str | None) -> dict[str, str]:
    """The environment of another process: this one's without what changes output, and the changes; None removes."""
    plain = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "FORCE_COLOR", "TERM", "CI"}}
    return {name: value for name, value in (plain | changes).items() if value is not None}


def netcli(*arguments: object, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """The command line, in a process of its own."""
    command = [sys.executable, "-m", "netcli", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=env or environment(), timeout=60, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return done


def config_of(directory: Path, text: str = IRIS, name: str = "small") -> Path:
    """A config file of this text."""
    path = directory / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return path


class Stopping(TrainingReport):
    """A report that nobody sees. After so many steps it asks training to stop, as Ctrl-C does."""

    def __init__(self, after: int | None = None) -> None:
        super().__init__(Output(_Nowhere(), Abilities(False, False, False, False)), quiet=True)
        self.steps, self.after = 0, after

    def progress(self, examples_done: int, loss: float) -> None:
        """Called once a step."""
        self.steps += 1

    @property
    def asked(self) -> bool:
        """Whether training is to stop."""
        return self.after is not None and self.steps >= self.after

    def __enter__(self) -> Stopping:
        return self


class _Nowhere:
    """A stream that drops what it is given."""

    encoding = "utf-8"

    def write(self, text: str) -> int:
        return len(text)

    def flush(self) -> None:
        pass


def train(config: Path, run: Path, *overrides: str, after: int | None = None) -> Outcome:
    """Train a config from the beginning, in this process; asked to stop after so many steps."""
    loaded = load(config, overrides)
    session = prepare(loaded)
    return _trained(lambda report: Trainer(session, create("", run, _config(config, overrides)), report, begin(session)), after)


def go_on(run: Path, *overrides: str, after: int | None = None) -> Outcome:
    """Go on with a run of `train`."""
    directory = open_run(run)
    session = prepare(load(directory.config, overrides))
    start, records = resume(directory, session)
    return _trained(lambda report: Trainer(session, directory, report, start, records), after)
