"""numpy's files, .npy and .npz, read without pickles, and what netcli makes of their arrays."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from tokenize import TokenError

import numpy as np

from netcli.datasets.files import reading
from netcli.errors import DataError
from netcli.graph import Array

# What numpy and zipfile raise on damaged files and on pickles. TokenError: a header that is no Python literal.
# RuntimeError: an encrypted archive or an unknown compression. MemoryError: a header that asks for more than there is.
_REFUSALS = (ValueError, EOFError, TokenError, zipfile.BadZipFile, zlib.error, RuntimeError, MemoryError)


def load_npy(path: Path) -> Array:
    """The array of a .npy file. Raises DataError (no file, damaged, Python objects inside, an archive)."""
    with _refusing(path, ".npy"), path.open("rb") as file:
        loaded = np.load(file, allow_pickle=False)
        if not isinstance(loaded, np.ndarray):
            raise DataError(f"{path} is an archive of arrays; expected a single array", hint="rename it to .npz")
        return loaded


def npz_names(path: Path) -> list[str]:
    """The names of the arrays in a .npz file, in its order."""
    with _archive(path) as archive:
        return list(archive.files)


def load_npz(path: Path, names: Collection[str]) -> dict[str, Array]:
    """These arrays of a .npz file, which must be there. Raises DataError (no file, damaged, Python objects inside)."""
    with _archive(path) as archive:
        loaded = {name: archive[name] for name in names}
    for name, value in loaded.items():
        if not isinstance(value, np.ndarray):  # numpy hands a member that is not .npy out as bytes
            raise DataError(f"{path}: {name} is not an array", hint="write the file with numpy.savez or numpy.savez_compressed")
    return loaded


def as_inputs(array: Array, label: str) -> Array:
    """Bytes as they are, other numbers as float32; C-contiguous. `label` is what an error calls the array."""
    if array.dtype == np.uint8:
        return np.asarray(array, order="C")
    return as_values(array, label)


def as_values(array: Array, label: str) -> Array:
    """float32, C-contiguous; numbers beyond its range become infinite, which the checks report. Raises DataError."""
    if array.dtype.kind not in "biuf":
        raise DataError(f"{label} holds values of type {array.dtype}; expected numbers")
    with np.errstate(over="ignore"):
        return np.asarray(array, dtype=np.float32, order="C")


@contextmanager
def _archive(path: Path) -> Iterator[np.lib.npyio.NpzFile]:
    """The open archive; numpy leaves a damaged file open if it opens it itself."""
    with _refusing(path, ".npz"), path.open("rb") as file:
        loaded = np.load(file, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            raise DataError(
                f"{path} holds a single array; expected an archive of arrays",
                hint="write it with numpy.savez(path, x=x, y=y)",
            )
        with loaded:
            yield loaded


@contextmanager
def _refusing(path: Path, kind: str) -> Iterator[None]:
    with reading(path):
        try:
            yield
        except _REFUSALS as error:
            raise DataError(
                f"{path} is not a {kind} file that netcli can read: {error}",
                hint="the file is damaged or holds Python objects; only arrays of numbers are read, never pickles",
            ) from error
