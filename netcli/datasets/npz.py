"""Arrays in a .npz file."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import ClassVar

import numpy as np

from netcli.datasets.arrays import as_inputs, as_values, load_npz, npz_names
from netcli.datasets.dataset import Raw, Split
from netcli.datasets.source import PathText, Source
from netcli.errors import DataError
from netcli.graph import Array
from netcli.settings import nearest

_FORMS = (("x", "y"), ("x_train", "y_train"), ("x_train", "y_train", "x_test", "y_test"))


class Npz(Source):
    """A numpy archive: arrays x_train and y_train, maybe x_test and y_test; or only x and y.

    x is (n, channels, height, width), (n, height, width) for one channel, or (n, features). Bytes (uint8) stay bytes with
    255 as the largest value, other numbers become float32. y holds class labels 0, 1, 2, … if its type is an integer: (n,)
    or (n, 1), or one for each pixel, (n, height, width). If it is a float it holds values to predict, of shape (n, ...); (n,)
    is taken as (n, 1). Other arrays are left alone, unless their names begin with x or y. Python objects (pickles) are refused.
    """

    word: ClassVar[str] = "npz"
    main: ClassVar[str | None] = "path"

    path: PathText
    """The file."""

    def read(self, folder: Path) -> Raw:
        """Read the file."""
        path = folder / self.path
        names = _expected_names(path, npz_names(path))
        arrays = load_npz(path, names)
        parts = [_split(path, arrays, x, y) for x, y in zip(names[::2], names[1::2], strict=True)]
        train, test = parts[0], parts[1] if len(parts) == 2 else None
        classes = _classes(path, train, names[1]) if train.targets.dtype == np.int32 else None
        return Raw(str(path), train, test, classes, None, 255.0 if train.inputs.dtype == np.uint8 else None)


def _expected_names(path: Path, found: Collection[str]) -> tuple[str, ...]:
    """Which of the forms the archive has. Raises DataError (something is missing, or looks like data but is none)."""
    meant = {name for name in found if name[:1].lower() in {"x", "y"}}
    for form in _FORMS:
        if meant == set(form):
            return form
    known = _FORMS[0] + _FORMS[2]
    strange = sorted(meant.difference(known))
    hint = "expected x_train and y_train, with or without x_test and y_test; or x and y alone"
    if strange:
        similar = nearest(strange[0], known)
        hint += f'\n"{strange[0]}" is none of these' + (f'; did you mean "{similar}"?' if similar else "")
    raise DataError(f"{path} holds the arrays {', '.join(found) or 'none'}", hint=hint)


def _split(path: Path, arrays: dict[str, Array], x: str, y: str) -> Split:
    return Split(_images_or_features(path, x, arrays[x]), _targets(path, y, arrays[y]))


def _images_or_features(path: Path, name: str, array: Array) -> Array:
    """(n, c, h, w) or (n, features)."""
    values = as_inputs(array, f"{path}: {name}")
    if values.ndim == 3:
        return values[:, None]  # (n, h, w) -> (n, 1, h, w)
    if values.ndim not in {2, 4}:
        raise DataError(
            f"{path}: {name} has the shape {array.shape}",
            hint="expected (n, channels, height, width), (n, height, width) or (n, features)",
        )
    if values.ndim == 4 and values.shape[1] == values.shape[2] > 4 and values.shape[3] in {1, 3, 4}:
        raise DataError(
            f"{path}: {name} has the shape {array.shape}, which looks like channels last",
            hint=f"expected (n, channels, height, width): store {name}.transpose(0, 3, 1, 2)",
        )
    return values


def _targets(path: Path, name: str, array: Array) -> Array:
    """(n,) or (n, h, w) int32 class labels, or (n, ...) float32 values, as the type says."""
    if array.dtype.kind not in "biu":
        if array.ndim == 0:
            raise DataError(f"{path}: {name} is a single value; expected one for each example")
        values = as_values(array, f"{path}: {name}")
        return values[:, None] if values.ndim == 1 else values
    labels = array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array
    if labels.ndim not in {1, 3}:
        raise DataError(
            f"{path}: {name} holds integers of shape {array.shape}; expected class labels of shape (n,) or (n, height, width)",
            hint=f"one-hot rows become labels with {name}.argmax(axis=1); values to predict must be stored as floats",
        )
    outside = (labels < 0) | (labels > np.iinfo(np.int32).max)
    if outside.any():
        place = np.unravel_index(int(outside.argmax()), labels.shape)
        raise DataError(
            f"{path}: {name}[{', '.join(map(str, place))}] is {labels[place]}; class labels are 0, 1, 2, …",
            hint="values to predict (regression) must be stored as floats",
        )
    return labels.astype(np.int32)


def _classes(path: Path, train: Split, name: str) -> tuple[str, ...]:
    """A name for each label up to the largest. Raises DataError when that is larger than the number of examples allows."""
    largest = int(train.targets.max(initial=-1))
    if largest >= max(train.targets.size, 1):
        what = "examples" if train.targets.ndim == 1 else "labels"
        raise DataError(
            f"{path}: {name} holds the label {largest}, but there are only {train.targets.size} {what}",
            hint="number the classes 0, 1, 2, … without gaps; values to predict (regression) must be stored as floats",
        )
    return tuple(map(str, range(largest + 1)))
