"""Run directories: `runs/NAME/NNN` with the resolved config, a line of metrics per epoch, checkpoints and the report."""

from __future__ import annotations

import errno
import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netcli.errors import CheckpointError, UsageError
from netcli.runs.files import flush_directory, make_directory, write_atomically, writing
from netcli.runs.metrics import EpochRecord
from netcli.strict_json import dumps


@dataclass(frozen=True)
class RunDirectory:
    """The files of one run."""

    path: Path

    @property
    def config(self) -> Path:
        """The config with all defaults and overrides, its paths absolute."""
        return self.path / "config.yaml"

    @property
    def metrics(self) -> Path:
        """JSON, one line an epoch."""
        return self.path / "metrics.jsonl"

    @property
    def last(self) -> Path:
        """The checkpoint to go on from."""
        return self.path / "checkpoints" / "last.safetensors"

    @property
    def best(self) -> Path:
        """The checkpoint of the epoch with the least validation loss (training loss where nothing is held out)."""
        return self.path / "checkpoints" / "best.safetensors"

    @property
    def report(self) -> Path:
        """The page with the curves."""
        return self.path / "report.html"

    def read_metrics(self) -> list[dict[str, Any]]:
        """The entries of the metrics file. Raises CheckpointError with the line that is no entry."""
        entries = []
        text = self.metrics.read_text(encoding="utf-8", errors="replace") if self.metrics.exists() else ""
        for number, line in enumerate(text.splitlines(), start=1):
            try:
                entry = json.loads(line)
                known = isinstance(entry, dict) and isinstance(entry.get("epoch"), int)
            except (ValueError, RecursionError):
                known = False
            if not known:
                if number == len(text.splitlines()) and not text.endswith("\n"):
                    break  # a line that was being written when the power went: its epoch is trained again
                raise CheckpointError(f"{self.metrics}:{number} is not an entry of metrics")
            entries.append(entry)
        return entries

    def append(self, record: EpochRecord) -> None:
        """Add an epoch's line, flushed to the disk: a checkpoint of an epoch that has no line could not be resumed."""
        with writing(self.metrics):
            with self.metrics.open("a", encoding="utf-8") as file:
                first = file.tell() == 0
                file.write(dumps(record.as_json()) + "\n")
                file.flush()
                os.fsync(file.fileno())
            if first:
                flush_directory(self.path)

    def rewrite(self, entries: Sequence[dict[str, Any]]) -> None:
        """Keep these entries only."""
        write_atomically(self.metrics, "".join(dumps(entry) + "\n" for entry in entries).encode())

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """Around training: two processes that train one run would spoil it. Raises UsageError where another one does."""
        directory = os.open(self.path, os.O_RDONLY)
        try:
            _lock(directory, self.path)
            yield
        finally:
            os.close(directory)


def _lock(directory: int, path: Path) -> None:
    """Lock an open directory until it is closed, also by the end of the process. Raises UsageError."""
    try:
        fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise UsageError(f"{path} is being trained by another process", hint="wait for it, or stop it") from error
    except OSError as error:
        if error.errno not in {errno.ENOSYS, errno.ENOTSUP, errno.ENOLCK}:  # a file system without locks: nobody can tell
            raise


def create(name: str, wanted: Path | None, config: str) -> RunDirectory:
    """Make a run directory, `wanted` or the next number under runs/NAME, and write the config into it, all on the disk.

    Raises UsageError.
    """
    path = wanted if wanted is not None else Path("runs") / name
    try:
        if wanted is None:
            path = _next(path)
        else:
            if path.exists() and (not path.is_dir() or any(path.iterdir())):
                raise UsageError(
                    f"{path} is there and not empty", hint="--run-dir wants a new directory; --resume goes on with an old one"
                )
            make_directory(path)
        (path / "checkpoints").mkdir()  # not if it is there: of two processes one gets the directory; flushed with the config
        write_atomically(path / "config.yaml", config.encode())
    except OSError as error:
        raise UsageError(
            f"cannot make the run directory {path}: {error.strerror}", hint="--run-dir names another one"
        ) from error
    return RunDirectory(path)


def _next(folder: Path) -> Path:
    """Make the directory of the next number; a run that starts at the same moment gets another one."""
    make_directory(folder)
    number = max((int(entry.name) for entry in folder.iterdir() if entry.name.isdecimal()), default=0)
    while True:
        number += 1
        path = folder / f"{number:03d}"
        try:
            path.mkdir()
        except FileExistsError:
            continue
        flush_directory(folder)
        return path


def open_run(path: Path) -> RunDirectory:
    """An existing run directory. Raises UsageError, or CheckpointError where it lacks what a run has."""
    if not path.is_dir():
        raise UsageError(f"{path} is not a directory", hint="give a run directory, such as runs/digits-cnn/001")
    run = RunDirectory(path)
    if not run.config.is_file():
        raise CheckpointError(f"{path} is not a run directory: it has no config.yaml", hint="such as runs/digits-cnn/001")
    return run
