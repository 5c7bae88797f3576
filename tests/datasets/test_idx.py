"""The IDX reader, on files written here byte by byte."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from netcli.datasets.idx import read_idx
from netcli.errors import DataError

CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}


def idx(values: np.ndarray, code: int) -> bytes:
    """An IDX file after the definition of the format."""
    header = bytes([0, 0, code, values.ndim]) + b"".join(struct.pack(">I", size) for size in values.shape)
    return header + values.astype(values.dtype.newbyteorder(">")).tobytes()


CUBE = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
GOOD = idx(CUBE, 0x08)
ZIPPED = gzip.compress(GOOD, mtime=0)


@pytest.mark.parametrize("content", [GOOD, ZIPPED], ids=["plain", "gzipped"])
def test_the_content_decides_whether_it_is_gzipped_not_the_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "images"
    path.write_bytes(content)
    assert read_idx(path, 3).tolist() == CUBE.tolist()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), zipped=st.booleans())
def test_every_type_and_shape_comes_back(tmp_path: Path, data: st.DataObject, zipped: bool) -> None:
    kind = data.draw(st.sampled_from(sorted(CODES)))
    shape = data.draw(arrays.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=5))
    values = data.draw(arrays.arrays(np.dtype(kind), shape))
    path = tmp_path / "values"
    content = idx(values, CODES[kind])
    path.write_bytes(gzip.compress(content, mtime=0) if zipped else content)
    read = read_idx(path, len(shape))
    assert read.dtype == np.dtype(kind) and read.dtype.isnative
    np.testing.assert_array_equal(read, values)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "truncated: an IDX file begins with 4 bytes of magic number, found 0"),
        (b"\0\0\x08", "found 3 byte"),
        (b"PK\x03\x04" + GOOD, "expected two zero bytes at byte 0, found 50 4b"),
        (b"\0\0\x07\x03" + GOOD[4:], "expected a type code (08, 09, 0b, 0c, 0d, 0e) at byte 2, found 07"),
        (b"\0\0\x08\x01" + GOOD[4:], "expected 3 dimension(s) at byte 3, found 1"),
        (GOOD[:9], "its 3 size(s) end at byte 16, but it ends at byte 9"),
        (GOOD[:-1], "its header says 2×3×4 values of 1 byte(s), so 40 bytes, but it ends at byte 39"),
        (GOOD + b"!!", "end at byte 40, but it has 42 bytes"),
        (b"\0\0\x0d\x03" + GOOD[4:], "2×3×4 values of 4 byte(s), so 112 bytes, but it ends at byte 40"),
        (b"\0\0\x08\x03" + b"\xff" * 12, "is truncated"),
        (ZIPPED[:-9], "damaged gzip file"),
        (ZIPPED[:20] + b"\xff\xff" + ZIPPED[22:], "damaged gzip file"),
        (ZIPPED + b"rubbish", "damaged gzip file"),
        (b"\x1f\x8b", "damaged gzip file"),
    ],
)
def test_a_bad_file_is_refused_with_the_byte(tmp_path: Path, content: bytes, expected: str) -> None:
    path = tmp_path / "bad"
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_idx(path, 3)
    assert str(path) in caught.value.message
    assert expected in caught.value.message


def test_what_cannot_be_opened_is_named(tmp_path: Path) -> None:
    (tmp_path / "train-images").write_bytes(GOOD)
    with pytest.raises(DataError, match="there is no file") as missing:
        read_idx(tmp_path / "train-image", 3)
    assert missing.value.hint == 'did you mean "train-images"?'
    with pytest.raises(DataError, match="there is no file") as nowhere:
        read_idx(tmp_path / "none" / "a", 3)
    assert nowhere.value.hint is not None and str(tmp_path / "none") in nowhere.value.hint
    with pytest.raises(DataError, match="is a directory"):
        read_idx(tmp_path, 3)
    with pytest.raises(DataError, match="cannot be read"):
        read_idx(tmp_path / "train-images" / "x", 3)
    with pytest.raises(DataError, match="cannot be read"):
        read_idx(tmp_path / ("n" * 5000), 3)
