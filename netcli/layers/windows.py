"""How conv and the pools write their window in YAML."""

from __future__ import annotations

from typing import Literal

from netcli.graph import Node
from netcli.layers.building import LayerError, shape_text
from netcli.ops import Window, concat, part, reverse, same_padding
from netcli.settings import PairOrZero

Padding = Literal["same", "valid"] | PairOrZero
#: Of a convolution: the same, or the image mirrored at its border.
ConvPadding = Literal["same", "valid", "reflect"] | PairOrZero


def window(
    image: tuple[int, int],
    size: tuple[int, int],
    stride: tuple[int, int],
    padding: Literal["same", "valid"] | tuple[int, int],
    dilation: tuple[int, int] = (1, 1),
) -> Window:
    """The window over an image of these rows and columns. Raises LayerError when it does not fit."""
    match padding:
        case "same":
            sides = same_padding(image, size, stride, dilation)
        case "valid":
            sides = (0, 0, 0, 0)
        case rows, columns:
            sides = (rows, rows, columns, columns)
    found = Window(size, stride, sides, dilation)
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, size, strict=True)]
    padded = [image[0] + sides[0] + sides[1], image[1] + sides[2] + sides[3]]
    if any(r > n for r, n in zip(reach, padded, strict=True)):
        dilated = f" ({shape_text(tuple(reach))} with dilation {dilation[0]}×{dilation[1]})" if max(dilation) > 1 else ""
        within = f" ({shape_text(tuple(padded))} with its padding)" if any(sides) else ""
        raise LayerError(
            f"a window of {shape_text(size)}{dilated} does not fit into an image of {shape_text(image)}{within}",
            hint="use a smaller window, padding: same, or less pooling before",
        )
    return found


def pool_window(
    image: tuple[int, int],
    size: tuple[int, int],
    stride: tuple[int, int],
    padding: Literal["same", "valid"] | tuple[int, int],
) -> Window:
    """The window of a pool, which meets the image at every place: there is no maximum or mean of nothing. Raises LayerError."""
    found = window(image, size, stride, padding)
    if not found.meets(image):
        raise LayerError(
            f"a window of {shape_text(size)} would lie wholly in the padding around an image of {shape_text(image)}",
            hint="use less padding: fewer rows and columns than the window has",
            setting="padding",
        )
    return found


def reflected(x: Node, sides: tuple[int, int, int, int]) -> Node:
    """Images with so many rows above and below, columns to the left and right, mirrored at the border, which is not repeated.

    Raises LayerError for more of them than there are behind the border.
    """
    image = x.shape[1:]
    for axis, before, after in ((-2, *sides[:2]), (-1, *sides[2:])):
        length = x.shape[axis]
        if max(before, after) >= length:
            raise LayerError(
                f"padding: reflect would mirror {max(before, after)} pixels of an image of {shape_text(image)}, "
                "more than lie behind its border",
                hint="use a smaller kernel, padding: same, or less pooling before",
                setting="padding",
            )
        above = [reverse(part(x, axis, 1, before), axis)] if before else []
        below = [reverse(part(x, axis, length - 1 - after, after), axis)] if after else []
        x = concat([*above, x, *below], axis)
    return x
