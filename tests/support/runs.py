"""Runs for tests: small configs, the command line called in this process or in another one, what a run leaves behind."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from safetensors import safe_open
from typer.testing import CliRunner, Result

from netcli.cli import app
from netcli.graph import Array
from netcli.report.training import TrainingReport

#: A network that trains in milliseconds: 108 examples, so 7 steps an epoch.
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

#: What differs between two runs that are otherwise the same.
TIMINGS = {"seconds", "samples_per_second"}


def config_of(directory: Path, text: str = IRIS, name: str = "small") -> Path:
    """A config file of this text."""
    path = directory / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def call(*arguments: object) -> Result:
    """The command line, in this process. A traceback fails the test."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def succeed(*arguments: object) -> Result:
    """The same; the exit code must be 0."""
    result = call(*arguments)
    assert result.exit_code == 0, result.output
    return result


def refused(*arguments: object) -> str:
    """The message of a command that must refuse its request: exit code 2, a message on stderr, nothing on stdout."""
    result = call(*arguments)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    return result.stderr


def document(*arguments: object, code: int = 0) -> Any:
    """The JSON document that a command writes to stdout, where nothing else may stand."""
    result = call(*arguments, "--json")
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def environment(**changes: str | None) -> dict[str, str]:
    """The environment of another process: this one's without what changes output, one thread, and the changes; None removes."""
    plain = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "FORCE_COLOR", "TERM", "CI"}}
    return {name: value for name, value in (plain | {"OPENBLAS_NUM_THREADS": "1"} | changes).items() if value is not None}


#: How netcli is called as a process of its own.
COMMAND = (sys.executable, "-m", "netcli")


def netcli(
    *arguments: object, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """The command line, in a process of its own. A traceback fails the test."""
    command = [*COMMAND, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=env or environment(), timeout=60, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return done


@contextmanager
def interrupted_after(steps: int) -> Iterator[None]:
    """Within, training is asked to stop after so many steps, as Ctrl-C asks."""
    done = 0

    def count(report: TrainingReport, examples: int, loss: float) -> None:
        nonlocal done
        done += 1

    class Asking:
        @property
        def asked(self) -> bool:
            return done >= steps

        def __enter__(self) -> Asking:
            return self

        def __exit__(self, *error: object) -> None:
            pass

    with patch.object(TrainingReport, "progress", count), patch("netcli.training.loop.Interruption", Asking):
        yield


def tensors_of(file: Path) -> dict[str, Array]:
    """The arrays of a safetensors file."""
    with safe_open(file, "np") as opened:
        return {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118


def position_of(file: Path) -> dict[str, Any]:
    """Where a checkpoint stands, without the time it took."""
    with safe_open(file, "np") as opened:
        position = json.loads(opened.metadata()["position"])
    return {name: value for name, value in position.items() if name not in TIMINGS}


def last_of(run: Path) -> Path:
    """A run's last checkpoint."""
    return run / "checkpoints" / "last.safetensors"


def best_of(run: Path) -> Path:
    """A run's best checkpoint."""
    return run / "checkpoints" / "best.safetensors"


def metrics_of(run: Path) -> list[dict[str, Any]]:
    """The lines of a run's metrics."""
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def assert_same_run(one: Path, other: Path) -> None:
    """Both checkpoints and the metrics of two runs are equal, bit for bit, but for timings."""
    for file in ("checkpoints/last.safetensors", "checkpoints/best.safetensors"):
        expected, found = tensors_of(one / file), tensors_of(other / file)
        assert found.keys() == expected.keys()
        for name, value in expected.items():
            assert found[name].tobytes() == value.tobytes(), f"{file}: {name}"
        assert position_of(other / file) == position_of(one / file)
    for mine, theirs in zip(metrics_of(one), metrics_of(other), strict=True):
        assert {key: value for key, value in theirs.items() if key not in TIMINGS} == {
            key: value for key, value in mine.items() if key not in TIMINGS
        }


def write_mnist(directory: Path, *, train: int = 64, test: int = 32, side: int = 28) -> Path:
    """The four files of MNIST's format, with random pictures and all ten labels in turn; returns their directory."""
    random = np.random.default_rng(0)
    directory.mkdir(parents=True, exist_ok=True)
    for prefix, count in (("train", train), ("t10k", test)):
        pixels = random.integers(0, 256, size=(count, side, side), dtype=np.uint8)
        header = struct.pack(">IIII", 0x0803, count, side, side)
        (directory / f"{prefix}-images-idx3-ubyte").write_bytes(header + pixels.tobytes())
        labels = np.arange(count, dtype=np.uint8) % 10
        (directory / f"{prefix}-labels-idx1-ubyte").write_bytes(struct.pack(">II", 0x0801, count) + labels.tobytes())
    return directory
