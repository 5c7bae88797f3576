"""Opening files: whatever the operating system refuses becomes a DataError that names the file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from netcli.errors import DataError
from netcli.settings import nearest


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Around code that reads `path`. Raises DataError in place of OSError."""
    try:
        yield
    except FileNotFoundError as error:
        raise DataError(f"there is no file {path}", hint=_whereabouts(path)) from error
    except IsADirectoryError as error:
        raise DataError(f"{path} is a directory; expected a file") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from error


def _whereabouts(path: Path) -> str:
    """What is there instead of the missing file."""
    try:
        similar = nearest(path.name, (entry.name for entry in path.parent.iterdir()))
    except OSError as error:
        return f"the directory {path.parent.absolute()} cannot be read: {error.strerror}"
    if similar is not None:
        return f'did you mean "{similar}"?'
    return f"looked for {path.absolute()}; paths in a config are relative to the config's folder"
