"""Files that a run must not lose: written whole or not at all, and flushed to the disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from netcli.errors import CheckpointError


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old or the new one, whole, whatever happens meanwhile.

    A temporary file beside it, flushed to the disk, then renamed over it; then the directory is flushed too. What a
    process that was killed left of the temporary file, the next one overwrites. Raises CheckpointError: no room, no
    permission; the old file is still there then.
    """
    with writing(path):
        temporary = path.with_name(f".{path.name}.partial")
        try:
            with temporary.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        flush_directory(path.parent)


def flush_directory(path: Path) -> None:
    """Flush a directory to the disk: what is in it, by name, is there after the power went. Raises OSError."""
    directory = os.open(path, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def make_directory(path: Path) -> None:
    """Make a directory and the ones above it that are missing, each flushed in the one above it; one that is there may stay.

    Raises OSError.
    """
    if path.is_dir():
        return
    make_directory(path.parent)
    path.mkdir(exist_ok=True)
    flush_directory(path.parent)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Around code that writes `path`. Raises CheckpointError in place of OSError."""
    try:
        yield
    except OSError as error:
        raise CheckpointError(
            f"{path} cannot be written: {error.strerror or error}",
            hint="what was saved before is as it was; netcli train --resume RUN goes on from there when this is mended",
        ) from error
