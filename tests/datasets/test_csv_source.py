"""The CSV source: what it reads, and where it says a mistake stands."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netcli.datasets.csv import read_csv
from netcli.errors import DataError

GOOD = "a,b,kind\n1,2.5,x\n-3,4e1,y\n"


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "data.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        (GOOD, ","),
        (GOOD.replace("\n", "\r\n"), ","),
        (GOOD.replace("\n", "\r"), ","),
        (GOOD.rstrip(), ","),
        ("\ufeff" + GOOD, ","),
        (GOOD.replace("\n", "\n\n") + "\n\n", ","),
        (GOOD.replace(",", " , "), ","),
        (GOOD.replace("2.5", '"2.5"').replace("x", '"x"').replace("kind", '"kind"'), ","),
        (GOOD.replace(",", ";"), ";"),
        (GOOD.replace(",", "\t"), "\t"),
        (GOOD.replace(",", " "), " "),
    ],
    ids=["plain", "crlf", "cr", "no-last-newline", "bom", "blank-lines", "spaces", "quotes", "semicolon", "tab", "blank"],
)
def test_all_spellings_of_a_table_read_the_same(tmp_path: Path, text: str, delimiter: str) -> None:
    raw = read_csv(write(tmp_path, text), label="kind", task="classification", delimiter=delimiter)
    assert raw.train.inputs.tolist() == [[1, 2.5], [-3, 40]]
    assert raw.train.inputs.dtype == np.float32 and raw.train.inputs.flags.c_contiguous
    assert raw.train.targets.tolist() == [0, 1] and raw.train.targets.dtype == np.int32
    assert (raw.classes, raw.features, raw.test, raw.largest) == (("x", "y"), ("a", "b"), None, None)


def test_quoted_cells_hold_delimiters_quotes_and_line_ends(tmp_path: Path) -> None:
    text = 'a,kind\n1,"x, ""y""\nz"\n2,plain\n'
    assert read_csv(write(tmp_path, text), label="kind", task="classification").classes == ("plain", 'x, "y"\nz')


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (["10", "9", "-1"], ("-1", "9", "10")),
        (["1.5", "1e0", "0"], ("0", "1e0", "1.5")),
        (["10", "9", "nine"], ("10", "9", "nine")),
        (["b", "a", "B"], ("B", "a", "b")),
        (["1_0", "9"], ("1_0", "9")),
    ],
)
def test_classes_are_sorted_by_number_if_all_are_numbers(tmp_path: Path, labels: list[str], classes: tuple[str, ...]) -> None:
    text = "kind,a\n" + "".join(f"{label},0\n" for label in labels)
    raw = read_csv(write(tmp_path, text), label="kind", task="classification")
    assert raw.classes == classes
    assert [classes[target] for target in raw.train.targets] == labels


def test_regression_targets_are_columns_of_values(tmp_path: Path) -> None:
    raw = read_csv(write(tmp_path, "price,a\n1.5,2\n-3,4\n"), label="price", task="regression")
    assert raw.train.targets.tolist() == [[1.5], [-3.0]] and raw.train.targets.dtype == np.float32
    assert raw.train.inputs.tolist() == [[2.0], [4.0]]
    assert (raw.classes, raw.features) == (None, ("a",))


# text, line and column of the mistake, the line shown, a piece of the message, a piece of the hint
BAD = [
    ("a,b,kind\n1,2,x\n3,four,y\n", 3, 3, "3,four,y", 'column "b": expected a number, found "four"', "encode"),
    ("a,b,kind\n1,2,x\n3, four,y\n", 3, 4, "3, four,y", 'found "four"', ""),
    ("a,b,kind\n1,,x\n", 2, 3, "1,,x", 'column "b": expected a number, found an empty cell', "missing values"),
    ("a,b,kind\n1,NA,x\n", 2, 3, "1,NA,x", 'found "NA"', "missing values"),
    ("a,b,kind\n1,nan,x\n", 2, 3, "1,nan,x", "expected a finite number", "missing values"),
    ("a,b,kind\n1,-inf,x\n", 2, 3, "1,-inf,x", "expected a finite number within ±3.4e38 (float32), found -inf", ""),
    ("a,b,kind\n1,1e39,x\n", 2, 3, "1,1e39,x", "found 1e39", ""),
    ("a,b,kind\n1,1_000,x\n", 2, 3, "1,1_000,x", 'found "1_000"', ""),
    ('a,b,kind\n1,"2,5",x\n', 2, 3, '1,"2,5",x', 'found "2,5"', "decimal points"),
    ("a,b,kind\n1,2,\n", 2, 5, "1,2,", 'column "kind": expected a label, found an empty cell', ""),
    ("a,b,kind\n1,2,x\n\n1,2\n", 4, 4, "1,2", "expected 3 cells, as in the first line, found 2", ""),
    ("a,b,kind\n1,2,x,9\n", 2, 7, "1,2,x,9", "expected 3 cells, as in the first line, found 4", "quoted"),
    ("a,b,kind\r\n1,2,x\r\n1,2\r\n", 3, 4, "1,2", "found 2", ""),
    ('a,b,kind\n1,2,"x\ny"\n\n1,z,"x"\n', 5, 3, '1,z,"x"', 'found "z"', ""),
    ('a,kind,b\n1,"x\ny",z\n', 3, 4, 'y",z', 'found "z"', ""),
    ('a,b,kind\n1,2,"x\n3,4,y\n', 2, 1, '1,2,"x', "not valid CSV", "doubled"),
    ('a,b,kind\n1,2,"x"y\n', 2, 1, '1,2,"x"y', "not valid CSV", "doubled"),
    ("a,b,a,kind\n", 1, 5, "a,b,a,kind", 'there are two columns "a"', "rename"),
    (",a,kind\n0,1,x\n", 1, 1, ",a,kind", "column 1 has no name", "index=False"),
    ("a,b,kinds\n1,2,x\n", 1, 1, "a,b,kinds", 'there is no column "kind"', 'did you mean "kinds"?'),
    ("a,b,Kind\n1,2,x\n", 1, 1, "a,b,Kind", 'there is no column "kind"', 'did you mean "Kind"?'),
    ("a,b,zzzzzz\n1,2,x\n", 1, 1, "a,b,zzzzzz", 'there is no column "kind"', "the columns are: a, b, zzzzzz"),
    ("1,2,3\n4,5,6\n", 1, 1, "1,2,3", 'there is no column "kind"', "only numbers"),
    ("a;b;kind\n1;2;x\n", 1, 1, "a;b;kind", 'there is no column "kind"', 'is the delimiter ";"?'),
    ("a\tb\tkind\n1\t2\tx\n", 1, 1, "a\tb\tkind", 'there is no column "kind"', 'is the delimiter "\\t"?'),
    ("kind\nx\n", 1, 1, "kind", "the only column", ""),
]


@pytest.mark.parametrize(("text", "line", "column", "shown", "message", "hint"), BAD, ids=[repr(case[0]) for case in BAD])
def test_a_mistake_is_shown_in_its_place(
    tmp_path: Path, text: str, line: int, column: int, shown: str, message: str, hint: str
) -> None:
    path = write(tmp_path, text)
    with pytest.raises(DataError) as caught:
        read_csv(path, label="kind", task="classification")
    place = caught.value.place
    assert place is not None
    assert (place.source, place.line, place.column, place.text) == (str(path), line, column, shown)
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "data.csv is empty"),
        ("\n\r\n", "data.csv is empty"),
        ("a,kind\n", "a line of names but no examples"),
        ("a,kind\n0,1\n0,1.0\n", 'the labels "1" and "1.0" are the same number in two spellings'),
        ("a,kind\n0,1\n0,nan\n", "the labels are numbers, but one of them is nan"),
    ],
)
def test_a_table_without_use_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError) as caught:
        read_csv(write(tmp_path, text), label="kind", task="classification")
    assert message in caught.value.message


def test_regression_wants_numbers_as_labels(tmp_path: Path) -> None:
    with pytest.raises(DataError, match='column "kind": expected a number, found "x"') as caught:
        read_csv(write(tmp_path, GOOD), label="kind", task="regression")
    assert caught.value.place is not None
    assert (caught.value.place.line, caught.value.place.column) == (2, 7)


def test_text_that_is_not_utf8_is_refused_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not UTF-8 text: byte e9") as caught:
        read_csv(write(tmp_path, "a,kind\n1,é".encode() + b"caf\xe9\n"), label="kind", task="classification")
    assert caught.value.place is not None
    assert (caught.value.place.line, caught.value.place.column) == (2, 7)
    with pytest.raises(DataError, match="not UTF-8 text: byte ff"):
        read_csv(write(tmp_path, GOOD.encode("utf-16")), label="kind", task="classification")


floats = st.floats(width=32, allow_nan=False, allow_infinity=False)
names = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), min_size=1, max_size=8).filter(
    lambda text: text == text.strip() and not text.replace("_", "").replace(".", "").isnumeric()
)


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(floats, floats, names.map(lambda name: "class " + name)), min_size=1, max_size=6),
    columns=st.lists(names, min_size=3, max_size=3, unique=True),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    end=st.sampled_from(["\n", "\r\n"]),
    delimiter=st.sampled_from([",", ";", "\t"]),
)
def test_what_the_standard_library_writes_comes_back(
    tmp_path: Path, rows: list[tuple[float, float, str]], columns: list[str], quoting: int, end: str, delimiter: str
) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, quoting=quoting, lineterminator=end, delimiter=delimiter).writerows([columns, *rows])
    path = tmp_path / "written.csv"
    path.write_bytes(text.getvalue().encode())
    raw = read_csv(path, label=columns[2], task="classification", delimiter=delimiter)
    assert raw.features == tuple(columns[:2])
    assert raw.train.inputs.tolist() == [[row[0], row[1]] for row in rows]
    assert raw.classes is not None
    assert [raw.classes[target] for target in raw.train.targets] == [row[2] for row in rows]
