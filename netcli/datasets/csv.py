"""Tables in text files."""

from __future__ import annotations

import itertools
import math
from array import array
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, ClassVar, Literal, TypeVar

import numpy as np
from pydantic import Field

from netcli.datasets.dataset import Raw, Split
from netcli.datasets.source import PathText, Source
from netcli.datasets.table import Row, Table, is_number, read_table
from netcli.errors import DataError
from netcli.graph import Array
from netcli.settings import nearest

Task = Literal["classification", "regression"]
#: One character that separates cells.
Delimiter = Annotated[str, Field(min_length=1, max_length=1, pattern=r'^[^"\r\n\x00]$')]

T = TypeVar("T")


class Csv(Source):
    """A CSV file: one example a line, numeric columns, one column with the label.

    The first line names the columns. All columns but the label are inputs, in their order: (n, columns). Classes are the
    different labels, sorted, as numbers if all are numbers; for regression the target is the number in the label column,
    of shape (1,). UTF-8; cells may be quoted; blank lines are skipped. There is no test split of its own.
    """

    word: ClassVar[str] = "csv"
    main: ClassVar[str | None] = "path"

    path: PathText
    """The file."""

    label: str
    """Name of the column with the label."""

    task: Task = "classification"
    """classification: the label is a class. regression: the label is a number to predict."""

    delimiter: Delimiter = ","
    """The character between cells, such as "," or ";" or "\\t"."""

    def read(self, folder: Path) -> Raw:
        """Read the file."""
        return read_csv(folder / self.path, label=self.label, task=self.task, delimiter=self.delimiter)


def read_csv(path: Path, *, label: str, task: Task, delimiter: str = ",") -> Raw:
    """All rows of a CSV file. Raises DataError at the first cell that is not as it should be."""
    table = read_table(path, delimiter)
    rows = table.rows()
    header = next(rows, None)
    if header is None:
        raise DataError(f"{path} is empty", hint="expected a line with the names of the columns, then a line for each example")
    column = _check_header(table, header, label)
    features = tuple(name for name in header.cells if name != label)
    if task == "regression":
        inputs, values = _read_rows(table, rows, header, column, table.number)
        return Raw(str(path), Split(inputs, np.array(values, np.float32)[:, None]), None, None, features, largest=None)
    inputs, labels = _read_rows(table, rows, header, column, table.text)
    classes = _sorted_classes(table, set(labels))
    number = {name: index for index, name in enumerate(classes)}
    targets = np.array([number[name] for name in labels], np.int32)
    return Raw(str(path), Split(inputs, targets), None, classes, features, largest=None)


def _read_rows(
    table: Table, rows: Iterable[Row], header: Row, label: int, read_label: Callable[[Row, int, str], T]
) -> tuple[Array, list[T]]:
    """All cells but the labels as (rows, columns - 1) float32, and the labels as `read_label` reads them."""
    numbers, labels = array("f"), []
    columns = [(cell, name) for cell, name in enumerate(header.cells) if cell != label]
    for row in rows:
        table.check_width(row, len(header.cells), ", as in the first line")
        numbers.extend(table.number(row, cell, name) for cell, name in columns)
        labels.append(read_label(row, label, header.cells[label]))
    if not labels:
        raise DataError(f"{table.path} has a line of names but no examples")
    return np.array(numbers, np.float32).reshape(len(labels), len(columns)), labels


def _sorted_classes(table: Table, names: set[str]) -> tuple[str, ...]:
    """The names in order, by number if all are numbers: then finite ones, each written in one way, or DataError."""
    if not all(map(is_number, names)):
        return tuple(sorted(names))
    for name in names:
        if not math.isfinite(float(name)):
            raise DataError(
                f"{table.path}: the labels are numbers, but one of them is {name}",
                hint="remove the rows whose label is missing",
            )
    ordered = sorted(names, key=lambda name: (float(name), name))
    for one, other in itertools.pairwise(ordered):
        if float(one) == float(other):
            raise DataError(
                f'{table.path}: the labels "{one}" and "{other}" are the same number in two spellings',
                hint="write every class in one way",
            )
    return tuple(ordered)


def _check_header(table: Table, header: Row, label: str) -> int:
    """The index of the label's column. Raises DataError (no such column, two of one name, a column without a name)."""
    names = header.cells
    for cell, name in enumerate(names):
        if not name:
            raise DataError(
                f"column {cell + 1} has no name",
                place=table.place(header, cell),
                hint="if it holds row numbers, remove it (pandas: to_csv(..., index=False))",
            )
        if name in names[:cell]:
            raise DataError(f'there are two columns "{name}"', place=table.place(header, cell), hint="rename one of them")
    if label not in names:
        raise DataError(
            f'there is no column "{label}" for the label',
            place=table.place(header, 0),
            hint=_find_label(header, label, table.delimiter),
        )
    if len(names) == 1:
        raise DataError(f'"{label}" is the only column: there are no inputs', place=table.place(header, 0))
    return names.index(label)


def _find_label(header: Row, label: str, delimiter: str) -> str:
    """What the label's column might be, or why it is not found."""
    names = header.cells
    if len(names) == 1:
        for other, written in ((";", ";"), ("\t", "\\t"), ("|", "|"), (",", ",")):
            if other != delimiter and other in names[0]:
                return f'the first line has a single cell; is the delimiter "{written}"? (set `delimiter`)'
    if all(map(is_number, names)):
        return "the first line must name the columns, but it holds only numbers: write a line of names above it"
    similar = nearest(label, names)
    return f'did you mean "{similar}"?' if similar else f"the columns are: {', '.join(names)}"
