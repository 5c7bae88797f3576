"""Text tables (CSV), read record by record, with the place of every cell for messages."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from netcli.datasets.files import reading
from netcli.errors import DataError, Place

FLOAT32_MAX = 3.4028234663852886e38


@dataclass(frozen=True)
class Row:
    """One record: the lines it stands on, counted from 1, and its cells without surrounding blanks."""

    first_line: int
    last_line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Table:
    """A table as text: its lines with their ends."""

    path: Path
    delimiter: str
    lines: tuple[str, ...]

    def rows(self) -> Iterator[Row]:
        """The records, blank lines left out. Raises DataError at broken quoting."""
        blanks = self.delimiter != " "  # blanks after a delimiter do not count, unless they are delimiters themselves
        reader = csv.reader(iter(self.lines), delimiter=self.delimiter, skipinitialspace=blanks, strict=True)
        line = 1
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise DataError(
                    f"this record is not valid CSV: {error}",
                    place=self._at(line, 1),
                    hint="a quoted cell ends with a quote and the delimiter; quotes inside it are doubled",
                ) from error
            if cells:
                yield Row(line, reader.line_num, tuple(map(str.strip, cells)))
            line = reader.line_num + 1

    def place(self, row: Row, cell: int) -> Place:
        """Where the cell with this index begins; the end of the row for the one after its last."""
        record = "".join(self.lines[row.first_line - 1 : row.last_line])
        starts = _starts(record, self.delimiter)
        offset = starts[cell] if cell < len(starts) else len(record.rstrip("\r\n"))
        line = row.first_line
        while line < row.last_line and offset >= len(self.lines[line - 1]):
            offset -= len(self.lines[line - 1])
            line += 1
        return self._at(line, offset + 1)

    def number(self, row: Row, cell: int, name: str) -> float:
        """The number in a cell of the column `name`. Raises DataError (empty, not a number, not finite, beyond float32)."""
        text = row.cells[cell]
        if is_number(text) and abs(float(text)) <= FLOAT32_MAX:
            return float(text)
        raise DataError(f'column "{name}": {_expectation(text)}', place=self.place(row, cell), hint=_remedy(text))

    def text(self, row: Row, cell: int, name: str) -> str:
        """The text in a cell of the column `name`. Raises DataError where there is none."""
        if not row.cells[cell]:
            raise DataError(f'column "{name}": expected a label, found an empty cell', place=self.place(row, cell))
        return row.cells[cell]

    def check_width(self, row: Row, width: int, reason: str) -> None:
        """Raises DataError unless the row has `width` cells."""
        found = len(row.cells)
        if found != width:
            raise DataError(
                f"expected {width} cells{reason}, found {found}",
                place=self.place(row, min(found, width)),
                hint="a cell that holds the delimiter must be quoted" if found > width else None,
            )

    def _at(self, line: int, column: int) -> Place:
        return Place(str(self.path), line, column, self.lines[line - 1].rstrip("\r\n"))


def read_table(path: Path, delimiter: str) -> Table:
    """The lines of a UTF-8 file, with or without byte order mark, ended in any of the three ways. Raises DataError."""
    with reading(path):
        content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode("utf-8")
        place = Place(str(path), before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)
        raise DataError(
            f"this is not UTF-8 text: byte {error.object[error.start]:02x}", place=place, hint="save the file as UTF-8"
        ) from error
    return Table(path, delimiter, tuple(io.StringIO(text, newline="")))


def is_number(text: str) -> bool:
    """Whether a cell reads as a number, finite or not; 1_000, a number to Python, is none in data."""
    try:
        float(text)
    except ValueError:
        return False
    return "_" not in text


def _starts(record: str, delimiter: str) -> list[int]:
    """Where each cell of a record begins, blanks skipped."""
    starts, quoted = [0], False
    for index, character in enumerate(record):
        if character == '"':
            quoted = not quoted  # a doubled quote turns it off and on again
        elif character == delimiter and not quoted:
            starts.append(index + 1)
    return [start + len(record[start:]) - len(record[start:].lstrip(" ")) for start in starts]


def _expectation(text: str) -> str:
    if not text:
        return "expected a number, found an empty cell"
    if is_number(text):
        return f"expected a finite number within ±3.4e38 (float32), found {text}"
    return f'expected a number, found "{text}"'


def _remedy(text: str) -> str | None:
    if not text or text.lower() in {"na", "n/a", "nan", "null", "none", "?"}:
        return "missing values are not filled in: remove the row or the column, or write a number"
    if text.count(",") == 1 and is_number(text.replace(",", ".")):
        return "write decimal points, not commas"
    if not is_number(text):
        return "encode categories as numbers, or remove the column"
    return None
