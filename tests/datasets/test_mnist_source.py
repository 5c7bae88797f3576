"""The MNIST source, on small files of the same format and, where they are, on the real ones."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from netcli.datasets import DataSettings, load
from netcli.datasets.mnist import Mnist
from netcli.errors import DataError


def images(count: int, value: int = 0) -> bytes:
    return struct.pack(">4I", 0x0803, count, 2, 3) + bytes([value]) * (6 * count)


def labels(*values: int) -> bytes:
    return struct.pack(">2I", 0x0801, len(values)) + bytes(values)


FILES = {
    "train-images-idx3-ubyte.gz": gzip.compress(images(3, 7)),
    "train-labels-idx1-ubyte.gz": gzip.compress(labels(4, 9, 0)),
    "t10k-images-idx3-ubyte.gz": gzip.compress(images(2, 8)),
    "t10k-labels-idx1-ubyte.gz": gzip.compress(labels(1, 1)),
}


def write(directory: Path, files: dict[str, bytes]) -> Path:
    directory.mkdir(exist_ok=True)
    for name, content in files.items():
        (directory / name).write_bytes(content)
    return directory


def test_the_path_is_relative_to_the_folder_of_the_config(tmp_path: Path) -> None:
    write(tmp_path / "digits", FILES)
    raw = Mnist(path="digits").read(tmp_path)
    assert raw.test is not None
    assert raw.train.inputs.tolist() == [[[[7] * 3] * 2]] * 3
    assert raw.train.inputs.dtype == np.uint8 and raw.train.inputs.flags.c_contiguous
    assert raw.train.targets.tolist() == [4, 9, 0] and raw.train.targets.dtype == np.int32
    assert raw.test.inputs.shape == (2, 1, 2, 3)
    assert raw.classes == tuple("0123456789")
    assert raw.largest == 255


def test_files_that_are_not_gzipped_come_first(tmp_path: Path) -> None:
    write(tmp_path, {**FILES, "train-images-idx3-ubyte": images(3, 50)})
    assert int(Mnist(path=str(tmp_path)).read(Path()).train.inputs.max()) == 50


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_missing_file_is_named_with_its_directory_and_where_to_put_it(tmp_path: Path, name: str) -> None:
    write(tmp_path / "mnist", {other: content for other, content in FILES.items() if other != name})
    with pytest.raises(DataError) as caught:
        Mnist(path="mnist").read(tmp_path)
    assert f"{name} (or {name[:-3]}) is missing" in caught.value.message
    assert f"{tmp_path / 'mnist'} does not hold it" in caught.value.message
    hint = str(caught.value.hint)
    assert all(word in hint for word in ("data/mnist", "LeCun", "Cortes", "Burges", *FILES))


def test_a_missing_directory_is_told_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DataError, match="nowhere does not exist"):
        Mnist(path="nowhere").read(tmp_path)
    with pytest.raises(DataError, match="file is not a directory"):
        Mnist(path="file").read(tmp_path)
    with pytest.raises(DataError, match="cannot be read"):
        Mnist(path="n" * 5000).read(tmp_path)


@pytest.mark.parametrize(
    ("bad", "expected"),
    [
        ({"train-labels-idx1-ubyte": labels(1, 2)}, "3 images (at byte 4), but"),
        ({"train-images-idx3-ubyte": labels(1, 2, 3)}, "expected 3 dimension(s) at byte 3, found 1"),
        ({"t10k-labels-idx1-ubyte": images(1)}, "expected 1 dimension(s) at byte 3, found 3"),
        ({"train-labels-idx1-ubyte": b"\0\0\x0c\x01\0\0\0\x01" + bytes(4)}, "expected type code 08 (uint8) at byte 2"),
        ({"train-labels-idx1-ubyte": labels(1, 10, 2)}, "training split: example 1 has the label 10; expected 0 to 9"),
        ({"t10k-labels-idx1-ubyte": labels(1, 200)}, "test split: example 1 has the label 200; expected 0 to 9"),
        ({"t10k-labels-idx1-ubyte": labels(), "t10k-images-idx3-ubyte": images(0)}, "the test split is empty"),
        (
            {"t10k-images-idx3-ubyte": struct.pack(">4I", 0x0803, 2, 1, 3) + bytes(6)},
            "training inputs are uint8 of shape (1, 2, 3) each, but the test inputs are uint8 of shape (1, 1, 3)",
        ),
    ],
)
def test_files_that_do_not_go_together_are_refused(tmp_path: Path, bad: dict[str, bytes], expected: str) -> None:
    write(tmp_path, {**FILES, **bad})
    with pytest.raises(DataError) as caught:
        load(DataSettings.model_validate({"dataset": {"mnist": str(tmp_path)}}), Path(), seed=0)
    assert expected in caught.value.message
    assert str(tmp_path) in caught.value.message


def test_the_real_files_have_the_published_numbers(mnist_directory: Path) -> None:
    settings = {"dataset": {"mnist": str(mnist_directory)}, "validation": 0.0}
    dataset = load(DataSettings.model_validate(settings), Path(), seed=0)
    assert dataset.test is not None
    assert (len(dataset.train), len(dataset.test), dataset.input_shape) == (60_000, 10_000, (1, 28, 28))
    assert dataset.train.targets[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert np.bincount(dataset.train.targets).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert dataset.mean.shape == (1, 1, 1)
    assert dataset.mean.item() == pytest.approx(0.1307, abs=5e-5)  # the numbers that everyone normalises MNIST with
    assert dataset.deviation.item() == pytest.approx(0.3081, abs=5e-5)
