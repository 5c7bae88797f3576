"""Arrays and tables as inputs of a trained network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netcli.datasets import read_inputs
from netcli.errors import DataError

IMAGES = np.arange(3 * 2 * 4, dtype=np.uint8).reshape(3, 1, 2, 4)
VECTORS = np.arange(6.0).reshape(2, 3)


def save(folder: Path, array: Any, name: str = "in.npy") -> Path:
    np.save(folder / name, array)
    return folder / name


@pytest.mark.parametrize(
    ("array", "shape", "names"),
    [
        (IMAGES, (1, 2, 4), ["[0]", "[1]", "[2]"]),
        (IMAGES[:, 0], (1, 2, 4), ["[0]", "[1]", "[2]"]),
        (IMAGES[0], (1, 2, 4), [""]),
        (IMAGES[0, 0], (1, 2, 4), [""]),
        (IMAGES[:1], (1, 2, 4), ["[0]"]),
        (VECTORS, (3,), ["[0]", "[1]"]),
        (VECTORS[0], (3,), [""]),
        (VECTORS[:1], (3,), ["[0]"]),
    ],
    ids=str,
)
def test_arrays_with_and_without_batch_and_channel_axis(
    tmp_path: Path, array: np.ndarray, shape: tuple[int, ...], names: list[str]
) -> None:
    path = save(tmp_path, array)
    found, values = read_inputs(path, shape)
    assert found == [f"{path}{name}" for name in names]
    assert values.tolist() == array.reshape(-1, *shape).tolist()
    assert values.dtype == (np.uint8 if array.dtype == np.uint8 else np.float32)
    assert values.flags.c_contiguous


@pytest.mark.parametrize(
    ("arrays", "chosen"),
    [
        ({"x": VECTORS, "x_test": VECTORS + 1, "y": [0, 1]}, VECTORS),
        ({"x_train": VECTORS, "x_test": VECTORS + 1}, VECTORS + 1),
        ({"only": VECTORS + 2}, VECTORS + 2),
    ],
)
def test_the_array_of_an_archive(tmp_path: Path, arrays: dict[str, Any], chosen: np.ndarray) -> None:
    np.savez(tmp_path / "in.npz", **arrays)
    names, values = read_inputs(tmp_path / "in.npz", (3,))
    assert names[1] == f"{tmp_path / 'in.npz'}[1]"
    assert values.tolist() == chosen.tolist()


@pytest.mark.parametrize(
    ("array", "shape", "message"),
    [
        (VECTORS, (4,), "holds an array of shape (2, 3), but the network's inputs have the shape (4,)"),
        (VECTORS, (1, 2, 4), "shape (2, 3), but the network's inputs have the shape (1, 2, 4)"),
        (IMAGES, (3, 2, 4), "shape (3, 1, 2, 4), but the network's inputs have the shape (3, 2, 4)"),
        (np.float64(1), (1,), "shape (), but the network's inputs have the shape (1,)"),
        (VECTORS[:0], (3,), "shape (0, 3), but the network's inputs have the shape (3,)"),
        (np.array(["a", "b", "c"]), (3,), "holds values of type <U1; expected numbers"),
        (np.array([[1, 2, 3], [4, np.nan, 6]]), (3,), "example 1 has nan at position (1,)"),
        (np.array([1, 1e39, 3]), (3,), "example 0 has inf at position (1,)"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(tmp_path: Path, array: np.ndarray, shape: tuple[int, ...], message: str) -> None:
    path = save(tmp_path, array)
    with pytest.raises(DataError) as caught:
        read_inputs(path, shape)
    assert str(path) in caught.value.message and message in caught.value.message


def test_the_hint_names_both_shapes_that_would_do(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read_inputs(save(tmp_path, VECTORS), (1, 2, 4))
    assert caught.value.hint == "expected (1, 2, 4) for one example or (n, 1, 2, 4) for n of them"


def test_files_that_cannot_be_inputs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no file"):
        read_inputs(tmp_path / "none.npy", (3,))
    np.savez(tmp_path / "two.npz", a=VECTORS, b=VECTORS)
    with pytest.raises(DataError, match="holds the arrays a, b"):
        read_inputs(tmp_path / "two.npz", (3,))
    (tmp_path / "two.npz").rename(tmp_path / "two.npy")
    with pytest.raises(DataError, match="is an archive of arrays"):
        read_inputs(tmp_path / "two.npy", (3,))
    (tmp_path / "bad.npy").write_bytes(b"\x93NUMPY\x01\0\x10\0{'descr': '<f4'\n")
    with pytest.raises(DataError, match=r"is not a \.npy file"):
        read_inputs(tmp_path / "bad.npy", (3,))
    np.save(tmp_path / "objects.npy", np.array([{}, 1], object), allow_pickle=True)
    with pytest.raises(DataError, match=r"is not a \.npy file"):
        read_inputs(tmp_path / "objects.npy", (2,))
    with pytest.raises(DataError, match=r'not read from "\.txt" files'):
        read_inputs(tmp_path / "in.txt", (3,))


def table(folder: Path, text: str) -> Path:
    (folder / "in.csv").write_text(text, encoding="utf-8")
    return folder / "in.csv"


@pytest.mark.parametrize(
    ("text", "features", "lines", "values"),
    [
        ("a,b\n1,2\n3,4\n", ("a", "b"), [2, 3], [[1, 2], [3, 4]]),
        ("kind,b,note,a\nx,2,,1\n\ny,4,?,3\n", ("a", "b"), [2, 4], [[1, 2], [3, 4]]),
        ("1,2\n3,4\n", ("a", "b"), [1, 2], [[1, 2], [3, 4]]),
        ("1,2\n3,4\n", None, [1, 2], [[1, 2], [3, 4]]),
        ("p,q\n1,2\n", None, [2], [[1, 2]]),
        ("1,0\n5,6\n", ("0", "1"), [2], [[6, 5]]),
    ],
    ids=["named", "more-columns", "unnamed", "no-features", "other-names", "numbers-as-names"],
)
def test_tables(tmp_path: Path, text: str, features: tuple[str, ...] | None, lines: list[int], values: list[Any]) -> None:
    path = table(tmp_path, text)
    names, inputs = read_inputs(path, (2,), features)
    assert names == [f"{path}:{line}" for line in lines]
    assert inputs.tolist() == values and inputs.dtype == np.float32


def test_a_table_for_images_and_with_another_delimiter(tmp_path: Path) -> None:
    _, inputs = read_inputs(table(tmp_path, "1;2;3;4\n5;6;7;8\n"), (1, 2, 2), delimiter=";")
    assert inputs.tolist() == [[[[1, 2], [3, 4]]], [[[5, 6], [7, 8]]]]


@pytest.mark.parametrize(
    ("text", "features", "position", "message", "hint"),
    [
        ("a,c\n1,2\n", ("a", "b"), (1, 1), 'there is no column "b", on which', "expected the columns: a, b"),
        ("a,width\n1,2\n", ("a", "widht"), (1, 1), 'no column "widht"', 'is it the column "width"?'),
        ("a,b,a\n1,2,3\n", ("a", "b"), (1, 1), 'two columns "a"', "remove"),
        ("a,b\n1,x\n", ("a", "b"), (2, 3), 'column "b": expected a number, found "x"', ""),
        ("1,2\n3,x\n", ("a", "b"), (2, 3), 'column "b": expected a number', ""),
        ("1,2\n3,\n", None, (2, 3), 'column "2": expected a number, found an empty cell', ""),
        ("1,2,3\n", None, (1, 5), "expected 2 cells, one for each value of the network's inputs (2,), found 3", ""),
        ("1\n", ("a", "b"), (1, 2), "expected 2 cells, one for each value", ""),
        ("1,2\n3\n", None, (2, 2), "expected 2 cells, as in the first line, found 1", ""),
        ("", None, None, "is empty", ""),
        ("a,b\n", ("a", "b"), None, "a line of names but no examples", ""),
    ],
)
def test_tables_that_do_not_fit_are_refused(
    tmp_path: Path,
    text: str,
    features: tuple[str, ...] | None,
    position: tuple[int, int] | None,
    message: str,
    hint: str,
) -> None:
    with pytest.raises(DataError) as caught:
        read_inputs(table(tmp_path, text), (2,), features)
    place = caught.value.place
    assert (None if place is None else (place.line, place.column)) == position
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")
