"""The IDX format, in which MNIST and its kin are published.

    byte 0-1   0
    byte 2     type of the values: 8 uint8, 9 int8, 11 int16, 12 int32, 13 float32, 14 float64
    byte 3     number of dimensions, d
    byte 4     d sizes, 4 bytes each
    then       the values, row-major

All numbers are big-endian. Source: http://yann.lecun.com/exdb/mnist, "the IDX file format".
"""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path

import numpy as np

from netcli.datasets.files import reading
from netcli.errors import DataError
from netcli.graph import Array, Shape

TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_GZIP = b"\x1f\x8b"


def read_idx(path: Path, dimensions: int) -> Array:
    """The values of an IDX file, gzipped or not, in the machine's byte order.

    Raises DataError, with the byte at which expectation and file part, when the file is not IDX, has another number of
    dimensions, or is shorter or longer than its header says. Positions are those in the unzipped content.
    """
    content = _content(path)
    dtype, shape = _header(path, content, dimensions)
    start = 4 + 4 * dimensions
    expected = start + math.prod(shape) * dtype.itemsize
    if len(content) < expected:
        raise DataError(
            f"{path} is truncated: its header says {_by(shape)} values of {dtype.itemsize} byte(s), so {expected} bytes, "
            f"but it ends at byte {len(content)}",
            hint="the file is not complete; fetch it again",
        )
    if len(content) > expected:
        raise DataError(
            f"{path} goes on after its last value: its header says {_by(shape)} values of {dtype.itemsize} byte(s), "
            f"which end at byte {expected}, but it has {len(content)} bytes",
            hint="the header or the content is damaged; fetch the file again",
        )
    return np.frombuffer(content, dtype, offset=start).reshape(shape).astype(dtype.newbyteorder("="), copy=False)


def _content(path: Path) -> bytes:
    with reading(path):
        content = path.read_bytes()
    if not content.startswith(_GZIP):
        return content
    try:
        return gzip.decompress(content)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(
            f"{path} is a damaged gzip file of {len(content)} bytes: {error}", hint="fetch the file again"
        ) from error


def _header(path: Path, content: bytes, dimensions: int) -> tuple[np.dtype[np.generic], Shape]:
    """Type and shape of the values."""
    if len(content) < 4:
        raise DataError(f"{path} is truncated: an IDX file begins with 4 bytes of magic number, found {len(content)} byte(s)")
    if content[:2] != b"\0\0":
        raise DataError(
            f"{path} is not an IDX file: expected two zero bytes at byte 0, found {content[:2].hex(' ')}",
            hint="is it another format under this name?",
        )
    if content[2] not in TYPES:
        known = ", ".join(f"{code:02x}" for code in TYPES)
        raise DataError(f"{path} is not an IDX file: expected a type code ({known}) at byte 2, found {content[2]:02x}")
    if content[3] != dimensions:
        raise DataError(
            f"{path}: expected {dimensions} dimension(s) at byte 3, found {content[3]}",
            hint="images have 3 dimensions and labels 1; are the two files mixed up?",
        )
    end = 4 + 4 * dimensions
    if len(content) < end:
        raise DataError(f"{path} is truncated: its {dimensions} size(s) end at byte {end}, but it ends at byte {len(content)}")
    return np.dtype(TYPES[content[2]]), tuple(np.frombuffer(content, ">u4", dimensions, offset=4).tolist())


def _by(shape: Shape) -> str:
    return "×".join(map(str, shape))
