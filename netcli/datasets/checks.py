"""What must hold of any data set before it is used."""

from __future__ import annotations

import numpy as np

from netcli.datasets.dataset import Raw, Split
from netcli.errors import DataError
from netcli.graph import Array


def check(raw: Raw) -> None:
    """Raises DataError, naming the file, the split, the example (from 0) and the place in it, unless

    no split is empty, there is a target for each input, labels lie in 0 to classes - 1, numbers are finite, and the
    inputs and targets of the test split are like those of the training split.
    """
    if raw.test is not None:
        _check_alike(raw.origin, "inputs", raw.train.inputs, raw.test.inputs)
        _check_alike(raw.origin, "targets", raw.train.targets, raw.test.targets)
    for name, split in (("training", raw.train), ("test", raw.test)):
        if split is not None:
            _check_split(raw, split, f"{raw.origin}: the {name} split")


def check_finite(values: Array, label: str, features: tuple[str, ...] | None = None) -> None:
    """Raises DataError at the first value of (n, *shape) that is infinite or not a number."""
    if values.dtype.kind != "f":
        return
    finite = np.isfinite(values)
    if finite.all():
        return
    example, *position = map(int, np.unravel_index(int(finite.argmin()), values.shape))
    column = f' (column "{features[position[0]]}")' if features is not None and len(position) == 1 else ""
    others = int(finite.size - np.count_nonzero(finite)) - 1
    raise DataError(
        f"{label}: example {example} has {values[example, *position]} at position {tuple(position)}{column}"
        + (f"; {others} more values are not finite" if others else ""),
        hint="missing values are not filled in, and numbers beyond ±3.4e38 do not fit float32: clean the data first",
    )


def _check_split(raw: Raw, split: Split, label: str) -> None:
    if split.inputs.size == 0:
        raise DataError(f"{label} is empty: its inputs have the shape {split.inputs.shape}")
    if len(split.inputs) != len(split.targets):
        raise DataError(f"{label} has {len(split.inputs)} inputs but {len(split.targets)} targets")
    check_finite(split.inputs, f"{label}, inputs", raw.features)
    if raw.classes is None:
        check_finite(split.targets, f"{label}, targets")
    else:
        _check_labels(split.targets, len(raw.classes), label)


def _check_labels(labels: Array, classes: int, label: str) -> None:
    outside = (labels < 0) | (labels >= classes)
    if outside.any():
        example, *pixel = map(int, np.unravel_index(int(outside.argmax()), labels.shape))
        where = f" at position {tuple(pixel)}" if pixel else ""
        raise DataError(
            f"{label}: example {example} has the label {labels[example, *pixel]}{where}; expected 0 to {classes - 1}"
        )


def _check_alike(origin: str, what: str, train: Array, test: Array) -> None:
    if (train.shape[1:], train.dtype) != (test.shape[1:], test.dtype):
        raise DataError(
            f"{origin}: the training {what} are {train.dtype} of shape {train.shape[1:]} each, "
            f"but the test {what} are {test.dtype} of shape {test.shape[1:]}"
        )
