"""The npz source: which arrays it takes for what, and which it refuses."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netcli.datasets import Raw
from netcli.datasets.checks import check
from netcli.datasets.npz import Npz
from netcli.errors import DataError


def write(folder: Path, **arrays: Any) -> Path:
    path = folder / "data.npz"
    np.savez(path, **arrays)
    return path


def read(path: Path) -> Raw:
    raw = Npz(path=path.name).read(path.parent)
    check(raw)
    return raw


BYTES = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
FLOATS = np.arange(6.0).reshape(2, 3)
LABELS = np.array([1, 0])


def test_training_and_test_arrays(tmp_path: Path) -> None:
    raw = read(write(tmp_path, x_train=FLOATS, y_train=LABELS, x_test=FLOATS + 1, y_test=LABELS, note="of no concern"))
    assert raw.test is not None
    assert raw.train.inputs.tolist() == FLOATS.tolist() and raw.train.inputs.dtype == np.float32
    assert raw.test.inputs.tolist() == (FLOATS + 1).tolist()
    assert raw.train.targets.tolist() == [1, 0] and raw.train.targets.dtype == np.int32
    assert (raw.classes, raw.features, raw.largest) == (("0", "1"), None, None)
    assert raw.origin == str(tmp_path / "data.npz")


def test_one_pair_of_arrays(tmp_path: Path) -> None:
    raw = read(write(tmp_path, x=BYTES, y=LABELS))
    assert raw.test is None
    assert raw.train.inputs.dtype == np.uint8
    assert raw.train.inputs.tolist() == BYTES[:, None].tolist()  # one channel
    assert raw.largest == 255


def test_labels_of_pixels(tmp_path: Path) -> None:
    labels = np.array([[[0, 1, 0], [4, 0, 2]], [[0, 0, 0], [1, 1, 1]]], "uint8")
    raw = read(write(tmp_path, x=np.zeros((2, 1, 2, 3)), y=labels))
    assert raw.train.targets.dtype == np.int32
    assert raw.train.targets.tolist() == labels.tolist()
    assert raw.classes == ("0", "1", "2", "3", "4")


def test_wrong_labels_of_pixels_are_shown(tmp_path: Path) -> None:
    x, labels = np.zeros((2, 1, 2, 3)), np.zeros((2, 2, 3), int)
    with pytest.raises(DataError, match=r"y holds the label 99, but there are only 12 labels"):
        read(write(tmp_path, x=x, y=labels + 99))
    labels[1, 0, 2] = -1
    with pytest.raises(DataError, match=r"y\[1, 0, 2\] is -1; class labels are 0, 1, 2, …"):
        read(write(tmp_path, x=x, y=labels))
    test = np.zeros((2, 2, 3), int)
    test[1, 1, 0] = 3
    with pytest.raises(DataError, match=r"the test split: example 1 has the label 3 at position \(1, 0\); expected 0 to 0"):
        read(write(tmp_path, x_train=x, y_train=0 * test, x_test=x, y_test=test))


@pytest.mark.parametrize("kind", ["int8", "uint16", "int64", "float16", "float64", "bool", ">f4", ">i2"])
def test_other_numbers_become_float32(tmp_path: Path, kind: str) -> None:
    raw = read(write(tmp_path, x=np.array([[0, 1], [1, 0]]).astype(kind), y=LABELS))
    assert raw.train.inputs.dtype == np.float32 and raw.train.inputs.dtype.isnative
    assert raw.train.inputs.tolist() == [[0, 1], [1, 0]]


@pytest.mark.parametrize("order", ["F", "strided"])
def test_inputs_are_made_contiguous(tmp_path: Path, order: str) -> None:
    images = np.arange(2 * 3 * 5 * 6, dtype=np.uint8).reshape(2, 3, 5, 6)
    raw = read(write(tmp_path, x=np.asfortranarray(images) if order == "F" else images[:, :, ::-1], y=LABELS))
    assert raw.train.inputs.flags.c_contiguous
    assert raw.train.inputs.tolist() == (images if order == "F" else images[:, :, ::-1]).tolist()


@pytest.mark.parametrize(
    ("y", "targets", "classes"),
    [
        (np.array([0, 1], np.uint8), [0, 1], ("0", "1")),
        (np.array([[1], [0]]), [1, 0], ("0", "1")),
        (np.array([True, False]), [1, 0], ("0", "1")),
        (np.array([1.0, 0.0]), [[1.0], [0.0]], None),
        (np.array([[1.5, 2], [3, 4]]), [[1.5, 2], [3, 4]], None),
        (np.array([[[1.5]], [[3]]], np.float16), [[[1.5]], [[3]]], None),
    ],
    ids=["bytes", "column", "bool", "whole-floats", "vectors", "matrices"],
)
def test_the_type_of_y_says_whether_it_holds_classes(
    tmp_path: Path, y: np.ndarray, targets: list[Any], classes: tuple[str, ...] | None
) -> None:
    raw = read(write(tmp_path, x=FLOATS, y=y))
    assert raw.train.targets.tolist() == targets
    assert raw.classes == classes


def with_nan(value: float) -> np.ndarray:
    images = np.zeros((3, 2, 4, 5))
    images[1, 0, 3, 2] = value
    return images


THREE = np.array([0, 1, 0])
# arrays, a piece of the message, a piece of the hint
BAD: list[tuple[dict[str, Any], str, str]] = [
    ({}, "holds the arrays none", "x_train and y_train"),
    ({"x_train": FLOATS}, "holds the arrays x_train", "x_train and y_train"),
    ({"x": FLOATS, "y_train": LABELS}, "holds the arrays x, y_train", "x and y alone"),
    ({"x": FLOATS, "y": LABELS, "x_test": FLOATS}, "holds the arrays x, y, x_test", "x and y alone"),
    ({"x": FLOATS, "y": LABELS, "x_val": FLOATS}, "x_val", '"x_val" is none of these'),
    ({"X_train": FLOATS, "y_train": LABELS}, "X_train", '"X_train" is none of these; did you mean "x_train"?'),
    ({"images": FLOATS, "labels": LABELS}, "holds the arrays images, labels", "x_train and y_train"),
    ({"x": FLOATS[0], "y": LABELS}, "x has the shape (3,)", "(n, features)"),
    ({"x": np.zeros((2, 1, 1, 1, 1)), "y": LABELS}, "x has the shape (2, 1, 1, 1, 1)", "(n, features)"),
    ({"x": np.float64(1), "y": LABELS}, "x has the shape ()", "(n, features)"),
    ({"x": np.zeros((2, 8, 8, 3)), "y": LABELS}, "(2, 8, 8, 3), which looks like channels last", "transpose(0, 3, 1, 2)"),
    ({"x": np.array([["a"], ["b"]]), "y": LABELS}, "x holds values of type <U1; expected numbers", ""),
    ({"x": FLOATS * 1j, "y": LABELS}, "x holds values of type complex128", ""),
    ({"x": FLOATS, "y": np.array(["a", "b"])}, "y holds values of type <U1", ""),
    ({"x": np.array([[{}], [1]], object), "y": LABELS}, "is not a .npz file that netcli can read", "never pickles"),
    ({"x": FLOATS, "y": np.eye(2, dtype=int)}, "y holds integers of shape (2, 2)", "argmax"),
    ({"x": FLOATS, "y": np.int64(1)}, "y holds integers of shape ()", ""),
    ({"x": FLOATS, "y": np.float64(1)}, "y is a single value", ""),
    ({"x": FLOATS, "y": np.array([0, -1])}, "y[1] is -1; class labels are 0, 1, 2, …", "floats"),
    ({"x": FLOATS, "y": np.array([0, 2**40])}, "y[1] is 1099511627776", "floats"),
    ({"x": FLOATS, "y": np.array([0, 2**64 - 1], np.uint64)}, "y[1] is 18446744073709551615", "floats"),
    ({"x": FLOATS, "y": np.array([0, 250])}, "y holds the label 250, but there are only 2 examples", "without gaps"),
    ({"x": FLOATS, "y": THREE}, "the training split has 2 inputs but 3 targets", ""),
    ({"x": FLOATS[:0], "y": LABELS[:0]}, "the training split is empty: its inputs have the shape (0, 3)", ""),
    ({"x": FLOATS[:, :0], "y": LABELS}, "the training split is empty: its inputs have the shape (2, 0)", ""),
    ({"x": with_nan(np.nan), "y": THREE}, "training split, inputs: example 1 has nan at position (0, 3, 2)", "clean"),
    ({"x": with_nan(1e300), "y": THREE}, "example 1 has inf at position (0, 3, 2)", "float32"),
    ({"x": np.full((2, 3), -np.inf), "y": LABELS}, "example 0 has -inf at position (0,); 5 more values are not finite", ""),
    ({"x": FLOATS, "y": np.array([0, np.nan])}, "training split, targets: example 1 has nan at position (0,)", ""),
    (
        {"x_train": FLOATS, "y_train": LABELS, "x_test": FLOATS, "y_test": LABELS + 1},
        "the test split: example 0 has the label 2; expected 0 to 1",
        "",
    ),
    (
        {"x_train": FLOATS, "y_train": LABELS, "x_test": FLOATS * np.nan, "y_test": LABELS},
        "the test split, inputs: example 0 has nan",
        "",
    ),
    (
        {"x_train": FLOATS, "y_train": LABELS, "x_test": FLOATS[:, 1:], "y_test": LABELS},
        "the training inputs are float32 of shape (3,) each, but the test inputs are float32 of shape (2,)",
        "",
    ),
    (
        {"x_train": BYTES, "y_train": LABELS, "x_test": BYTES * 1.0, "y_test": LABELS},
        "the training inputs are uint8 of shape (1, 3, 4) each, but the test inputs are float32",
        "",
    ),
    (
        {"x_train": FLOATS, "y_train": LABELS, "x_test": FLOATS, "y_test": LABELS * 1.0},
        "the training targets are int32 of shape () each, but the test targets are float32 of shape (1,)",
        "",
    ),
    ({"x_train": FLOATS, "y_train": LABELS, "x_test": FLOATS[:0], "y_test": LABELS[:0]}, "the test split is empty", ""),
]


@pytest.mark.parametrize(("arrays", "message", "hint"), BAD, ids=[case[1] for case in BAD])
def test_arrays_that_cannot_be_used_are_refused(tmp_path: Path, arrays: dict[str, Any], message: str, hint: str) -> None:
    path = write(tmp_path, **arrays)
    with pytest.raises(DataError) as caught:
        read(path)
    assert str(path) in caught.value.message
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")


def test_files_that_are_no_archives_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, x=FLOATS, y=LABELS)
    good = path.read_bytes()
    for content in (b"", b"some text", good[:-30], good.replace(b"NUMPY", b"NUMPX")):
        path.write_bytes(content)
        with pytest.raises(DataError, match=r"data\.npz"):
            read(path)
    with path.open("wb") as file:
        np.save(file, FLOATS)
    with pytest.raises(DataError, match="holds a single array"):
        read(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x", "text")
        archive.writestr("y", "text")
    with pytest.raises(DataError, match="x is not an array"):
        read(path)
    with pytest.raises(DataError, match="there is no file") as caught:
        read(tmp_path / "dat.npz")
    assert caught.value.hint == 'did you mean "data.npz"?'
