"""Pictures as inputs of a trained network."""

from __future__ import annotations

import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest

from netcli.datasets import read_inputs
from netcli.errors import DataError

Image = pytest.importorskip("PIL.Image", reason="reading pictures needs pillow")

GRAY = np.array([[0, 50, 100], [150, 200, 255]], dtype=np.uint8)  # (h, w)
COLOUR = np.stack([GRAY, 255 - GRAY, GRAY // 2], axis=-1)  # (h, w, 3)


def save(folder: Path, pixels: np.ndarray, name: str = "in.png", **options: object) -> Path:
    Image.fromarray(pixels).save(folder / name, **options)
    return folder / name


def test_gray_and_colour(tmp_path: Path) -> None:
    path = save(tmp_path, GRAY)
    names, gray = read_inputs(path, (1, 2, 3), largest=255.0)
    assert names == [str(path)]
    assert gray.dtype == np.uint8 and gray.tolist() == [[GRAY.tolist()]]
    _, colour = read_inputs(save(tmp_path, COLOUR), (3, 2, 3), largest=255.0)
    assert colour.tolist() == [COLOUR.transpose(2, 0, 1).tolist()] and colour.flags.c_contiguous
    _, tripled = read_inputs(save(tmp_path, GRAY), (3, 2, 3), largest=255.0)
    assert tripled.tolist() == [[GRAY.tolist()] * 3]


def test_colour_becomes_gray_by_luma(tmp_path: Path) -> None:
    _, gray = read_inputs(save(tmp_path, COLOUR), (1, 2, 3), largest=255.0)
    luma = COLOUR @ np.array([0.299, 0.587, 0.114])  # ITU-R 601
    np.testing.assert_allclose(gray[0, 0], luma, atol=1)


def test_values_are_brought_to_the_range_of_the_data(tmp_path: Path) -> None:
    _, values = read_inputs(save(tmp_path, GRAY), (1, 2, 3), largest=16.0)
    assert values.dtype == np.float32
    np.testing.assert_allclose(values[0, 0], GRAY * (16 / 255), rtol=1e-6)
    assert values.max() == 16


def test_other_sizes_are_resized(tmp_path: Path) -> None:
    left_black_right_white = np.zeros((10, 20), np.uint8)
    left_black_right_white[:, 10:] = 255
    _, values = read_inputs(save(tmp_path, left_black_right_white), (1, 5, 4), largest=255.0)
    assert values.shape == (1, 1, 5, 4)
    columns = values[0, 0].astype(int)
    assert (columns[0] == columns).all()  # rows are alike
    assert columns[0, 0] == 0 and columns[0, 3] == 255 and columns[0, 1] < 128 < columns[0, 2]


def test_jpeg_and_capital_letters(tmp_path: Path) -> None:
    smooth = np.full((16, 16), 120, np.uint8)
    for name in ("a.jpg", "a.JPEG"):
        _, values = read_inputs(save(tmp_path, smooth, name, format="JPEG"), (1, 16, 16), largest=255.0)
        np.testing.assert_allclose(values, 120, atol=2)


@pytest.mark.parametrize(
    ("orientation", "turned"),
    [
        (1, GRAY), (2, GRAY[:, ::-1]), (3, GRAY[::-1, ::-1]), (4, GRAY[::-1]),
        (5, GRAY.T), (6, GRAY.T[:, ::-1]), (7, GRAY.T[::-1, ::-1]), (8, GRAY.T[::-1]),
    ],
)  # fmt: skip
def test_pictures_are_turned_upright(tmp_path: Path, orientation: int, turned: np.ndarray) -> None:
    notes = Image.Exif()
    notes[0x0112] = orientation
    _, values = read_inputs(save(tmp_path, GRAY, exif=notes), (1, *turned.shape), largest=255.0)
    assert values[0, 0].tolist() == turned.tolist()


def test_sixteen_bits_are_not_clipped(tmp_path: Path) -> None:
    _, values = read_inputs(save(tmp_path, GRAY.astype(np.uint16) * 257), (1, 2, 3), largest=255.0)
    assert values[0, 0].tolist() == GRAY.tolist()


def test_transparent_parts_are_black(tmp_path: Path) -> None:
    white = np.full((1, 2, 4), 255, np.uint8)
    white[0, 0, 3] = 0
    _, values = read_inputs(save(tmp_path, white), (1, 1, 2), largest=255.0)
    assert values.tolist() == [[[[0, 255]]]]


@pytest.mark.parametrize(
    ("shape", "largest", "message"),
    [
        ((64,), 16.0, "the network's inputs have the shape (64,)"),
        ((2, 8, 8), 255.0, "the network's inputs have the shape (2, 8, 8)"),
        ((1, 8, 8), None, "the range of the training data is not known"),
    ],
)
def test_networks_that_cannot_take_pictures(
    tmp_path: Path, shape: tuple[int, ...], largest: float | None, message: str
) -> None:
    path = save(tmp_path, GRAY)
    with pytest.raises(DataError) as caught:
        read_inputs(path, shape, largest=largest)
    assert str(path) in caught.value.message and message in caught.value.message
    assert caught.value.hint is not None and ".npy" in caught.value.hint


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG file of these chunks, each with the right checksum."""
    content = b"\x89PNG\r\n\x1a\n"
    for kind, data in chunks:
        content += struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return content


def header(width: int, height: int) -> tuple[bytes, bytes]:
    return b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)


PIXELS = (b"IDAT", zlib.compress(b"\0\x07"))
END = (b"IEND", b"")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a picture",
        png(header(1, 1)),
        png(header(99, 99), (b"IDAT", zlib.compress(bytes(range(100)) * 99)), END)[:120],
        png(header(1, 1), (b"eXIf", b"II*\0"), PIXELS, END),
        png(header(30_000, 30_000), PIXELS, END),
        png(header(10_000, 10_000), PIXELS, END),
    ],
    ids=["empty", "text", "no-pixels", "truncated", "short-notes", "900-megapixels", "100-megapixels"],
)
def test_damaged_pictures_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "in.png"
    path.write_bytes(png(header(1, 1), PIXELS, END))
    assert read_inputs(path, (1, 1, 1), largest=255.0)[1].tolist() == [[[[7]]]]
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_inputs(path, (1, 1, 1), largest=255.0)
    assert str(path) in caught.value.message


def test_a_missing_picture_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no file"):
        read_inputs(tmp_path / "in.png", (1, 1, 1), largest=255.0)


def test_without_pillow_the_message_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(tmp_path, GRAY)
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(DataError, match="needs pillow") as caught:
        read_inputs(path, (1, 2, 3), largest=255.0)
    assert caught.value.hint == "pip install pillow"
