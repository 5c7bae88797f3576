"""Files that hold inputs for a trained network."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from netcli.datasets.arrays import as_inputs, load_npy, load_npz, npz_names
from netcli.datasets.checks import check_finite
from netcli.datasets.images import read_image
from netcli.datasets.table import Row, Table, is_number, read_table
from netcli.errors import DataError
from netcli.graph import Array, Shape
from netcli.settings import nearest

#: Suffixes of picture files.
PICTURES = (".png", ".jpg", ".jpeg")
Features = tuple[str, ...] | None


def read_inputs(
    path: Path, input_shape: Shape, features: Features = None, largest: float | None = None, *, delimiter: str = ","
) -> tuple[list[str], Array]:
    """The names and the raw values (n, *input_shape), uint8 or float32, of the examples in a file; n is at least 1.

    .npy; .npz, its array x or x_test or its only one; .csv, of which the columns named `features` are taken, or all where
    there are none; .png, .jpg. An example is called FILE where it is the only one and has no batch axis, FILE[3] by index,
    FILE:5 by line. `largest` is the largest value in the training data's range, to which pictures are brought. Raises
    DataError (unreadable, another shape, missing columns, numbers that are not finite).
    """
    suffix = path.suffix.lower()
    if suffix in PICTURES:
        return [str(path)], read_image(path, input_shape, largest)[None]
    if suffix == ".csv":
        return _from_table(read_table(path, delimiter), input_shape, features)
    if suffix == ".npy":
        return _from_array(path, load_npy(path), input_shape)
    if suffix == ".npz":
        name = _input_name(path)
        return _from_array(path, load_npz(path, (name,))[name], input_shape)
    raise DataError(f'{path}: inputs are not read from "{suffix}" files', hint="expected .npy, .npz, .csv, .png, .jpg or .jpeg")


def _input_name(path: Path) -> str:
    """Which array of an archive holds the inputs."""
    names = npz_names(path)
    for name in ("x", "x_test"):
        if name in names:
            return name
    if len(names) != 1:
        raise DataError(
            f"{path} holds the arrays {', '.join(names) or 'none'}",
            hint="expected one called x or x_test, or a single array",
        )
    return names[0]


def _from_array(path: Path, array: Array, shape: Shape) -> tuple[list[str], Array]:
    values = as_inputs(array, str(path))
    single = (1, *shape)
    # A gray image may come without its channel axis: (h, w) is one, (n, h, w) are many.
    flat = shape[1:] if len(shape) == 3 and shape[0] == 1 else shape
    if values.shape in {shape, flat}:
        names, batch = [str(path)], values.reshape(single)
    elif values.shape[1:] in {shape, flat} and len(values) > 0:
        names, batch = [f"{path}[{index}]" for index in range(len(values))], values.reshape(-1, *shape)
    else:
        raise DataError(
            f"{path} holds an array of shape {array.shape}, but the network's inputs have the shape {shape}",
            hint=f"expected {shape} for one example or {('n', *shape)} for n of them".replace("'", ""),
        )
    check_finite(batch, str(path))
    return names, batch


def _from_table(table: Table, shape: Shape, features: Features) -> tuple[list[str], Array]:
    rows = table.rows()
    first = next(rows, None)
    if first is None:
        raise DataError(f"{table.path} is empty", hint="expected a line for each example")
    named = not all(map(is_number, first.cells)) or (features is not None and set(features) <= set(first.cells))
    if named and features is not None:
        columns = [_column(table, first, feature, features) for feature in features]
    else:
        table.check_width(first, math.prod(shape), f", one for each value of the network's inputs {shape}")
        columns = list(range(len(first.cells)))
    examples = list(rows) if named else [first, *rows]
    if not examples:
        raise DataError(f"{table.path} has a line of names but no examples")
    names = first.cells if named else features or tuple(str(cell + 1) for cell in columns)
    for row in examples:
        table.check_width(row, len(first.cells), ", as in the first line")
    values = [[table.number(row, cell, names[cell]) for cell in columns] for row in examples]
    batch = np.array(values, np.float32).reshape(len(examples), *shape)
    return [f"{table.path}:{row.first_line}" for row in examples], batch


def _column(table: Table, header: Row, feature: str, features: Sequence[str]) -> int:
    """Where a feature stands. Raises DataError when it is missing or there twice."""
    count = header.cells.count(feature)
    if count == 0:
        similar = nearest(feature, set(header.cells).difference(features))
        raise DataError(
            f'there is no column "{feature}", on which the network was trained',
            place=table.place(header, 0),
            hint=f'is it the column "{similar}"? rename it' if similar else f"expected the columns: {', '.join(features)}",
        )
    if count > 1:
        raise DataError(f'there are two columns "{feature}"', place=table.place(header, 0), hint="remove one of them")
    return header.cells.index(feature)
