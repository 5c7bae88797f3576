"""MNIST and data sets in the same files."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np

from netcli.datasets.dataset import Raw, Split
from netcli.datasets.files import reading
from netcli.datasets.idx import read_idx
from netcli.datasets.source import PathText, Source
from netcli.errors import DataError
from netcli.graph import Array


class Mnist(Source):
    """MNIST: handwritten digits, 60,000 for training and 10,000 for testing, 28×28, gray.

    The four standard files of Yann LeCun, Corinna Cortes and Christopher Burges are read from a directory, gzipped or not:
    train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte. Data sets made in
    its image, such as Fashion-MNIST, have the same files. Inputs (n, 1, 28, 28), bytes; classes 0 to 9.
    """

    word: ClassVar[str] = "mnist"
    main: ClassVar[str | None] = "path"

    path: PathText
    """The directory of the four files."""

    def read(self, folder: Path) -> Raw:
        """Read the four files."""
        directory = folder / self.path
        train, test = _part(directory, "train"), _part(directory, "t10k")
        return Raw(str(directory), train, test, tuple("0123456789"), features=None, largest=255.0)


def _part(directory: Path, prefix: str) -> Split:
    images_path = _find(directory, f"{prefix}-images-idx3-ubyte")
    labels_path = _find(directory, f"{prefix}-labels-idx1-ubyte")
    images, labels = _bytes(images_path, 3), _bytes(labels_path, 1)
    if len(images) != len(labels):
        raise DataError(
            f"{images_path} holds {len(images)} images (at byte 4), but {labels_path} holds {len(labels)} labels (at byte 4)",
            hint="the two files are not of one set; fetch them again",
        )
    return Split(images[:, None], labels.astype(np.int32))  # (n, h, w) -> (n, 1, h, w)


def _bytes(path: Path, dimensions: int) -> Array:
    values = read_idx(path, dimensions)
    if values.dtype != np.uint8:
        raise DataError(f"{path}: expected type code 08 (uint8) at byte 2, found values of type {values.dtype}")
    return values


def _find(directory: Path, name: str) -> Path:
    """The file, unzipped if it is there, else gzipped."""
    with reading(directory):
        for path in (directory / name, directory / f"{name}.gz"):
            if path.is_file():
                return path
        is_directory, exists = directory.is_dir(), directory.exists()
    found = "does not hold it" if is_directory else "is not a directory" if exists else "does not exist"
    raise DataError(
        f"the MNIST file {name}.gz (or {name}) is missing: {directory} {found}",
        hint=(
            "netcli does not fetch it. The standard MNIST files, by Yann LeCun, Corinna Cortes and Christopher Burges, are\n"
            "train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz, t10k-labels-idx1-ubyte.gz\n"
            "put them into that directory, or set `path` to where they are; the bundled configs look in data/mnist\n"
            "(paths are relative to the config)"
        ),
    )
