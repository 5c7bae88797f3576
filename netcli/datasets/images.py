"""Picture files as inputs of a trained network."""

from __future__ import annotations

import struct
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from netcli.datasets.files import reading
from netcli.errors import DataError
from netcli.graph import Array, Shape

if TYPE_CHECKING:
    from PIL import Image

_MODES = {1: "L", 3: "RGB"}


def read_image(path: Path, shape: Shape, largest: float | None) -> Array:
    """A picture as one input (c, h, w): gray for one channel, colour for three, resized (bilinear) to h × w.

    Bytes 0 to 255 where the data's `largest` value is 255, else float32 from 0 to `largest`. Turned upright by its EXIF
    note; transparent parts count as black. Raises DataError (no such file or not a picture, pillow missing, inputs that
    are not images of one or three channels, a range that is not known).
    """
    if len(shape) != 3 or shape[0] not in _MODES:
        raise DataError(
            f"{path} is a picture, but the network's inputs have the shape {shape}",
            hint="pictures are for inputs of shape (1, height, width) or (3, height, width); give .npy, .npz or .csv",
        )
    if largest is None:
        raise DataError(
            f"{path} is a picture, but the range of the training data is not known, so that it cannot be brought to it",
            hint="give the input as .npy, in the range of the training data",
        )
    pixels = _pixels(path, shape)  # (h, w) or (h, w, 3)
    image = np.ascontiguousarray(np.atleast_3d(pixels).transpose(2, 0, 1))
    return image if largest == 255 else (image * (largest / 255)).astype(np.float32)


def _pixels(path: Path, shape: Shape) -> Array:
    """(h, w) or (h, w, 3) bytes."""
    try:
        from PIL import Image, UnidentifiedImageError  # noqa: PLC0415 - optional
    except ImportError as error:
        raise DataError(f"reading the picture {path} needs pillow", hint="pip install pillow") from error
    too_large = (Image.DecompressionBombError, Image.DecompressionBombWarning)
    channels, height, width = shape
    with reading(path), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # damaged notes (EXIF) beside good pixels
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(path, formats=("PNG", "JPEG")) as picture:
                plain = _plain(picture).convert(_MODES[channels])
        # What pillow raises on damaged files: SyntaxError for a broken PNG, struct.error for broken EXIF notes.
        except (SyntaxError, ValueError, struct.error, UnidentifiedImageError, *too_large) as error:
            raise DataError(f"{path} is not a picture that can be read: {error}") from error
    return np.asarray(plain.resize((width, height), Image.Resampling.BILINEAR))


def _plain(picture: Image.Image) -> Image.Image:
    """Upright, opaque, eight bits per channel."""
    from PIL import ExifTags, Image  # noqa: PLC0415 - optional

    # What undoes each EXIF orientation. Not ImageOps.exif_transpose, which writes the notes anew and fails on damaged ones.
    turn = Image.Transpose
    turns = {
        2: turn.FLIP_LEFT_RIGHT, 3: turn.ROTATE_180, 4: turn.FLIP_TOP_BOTTOM, 5: turn.TRANSPOSE,
        6: turn.ROTATE_270, 7: turn.TRANSVERSE, 8: turn.ROTATE_90,
    }  # fmt: skip
    orientation = picture.getexif().get(ExifTags.Base.Orientation)
    upright = picture.transpose(turns[orientation]) if orientation in turns else picture
    if upright.mode.startswith("I"):  # 16 bits: pillow's own conversion would clip them at 255
        return Image.fromarray((np.asarray(upright) >> 8).astype(np.uint8))
    if picture.has_transparency_data:
        return Image.alpha_composite(Image.new("RGBA", upright.size, "black"), upright.convert("RGBA"))
    return upright
