"""The window that convolution and pooling slide over an image: geometry, and its array code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType

from netcli.errors import GraphError
from netcli.graph import Array

Slices = tuple[slice, slice]


@dataclass(frozen=True)
class Window:
    """Rows and columns of the window, its steps, the padding (top, bottom, left, right), and the distance of its taps."""

    size: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int, int, int] = (0, 0, 0, 0)
    dilation: tuple[int, int] = (1, 1)

    def __post_init__(self) -> None:
        if min(*self.size, *self.stride, *self.dilation) < 1 or min(self.padding) < 0:
            raise GraphError(f"a window needs sizes, strides and dilations of at least 1, and no negative padding: {self}")

    def __str__(self) -> str:
        text = f"{self.size[0]}x{self.size[1]}"
        if self.stride != (1, 1):
            text += f"/{self.stride[0]}x{self.stride[1]}"
        if any(self.padding):
            text += "+" + ",".join(map(str, self.padding))
        if self.dilation != (1, 1):
            text += f"*{self.dilation[0]}x{self.dilation[1]}"
        return text

    @property
    def is_tiling(self) -> bool:
        """Whether windows lie side by side: none overlap, and nothing lies between them."""
        return self.stride == self.size and self.dilation == (1, 1)

    def places(self, image: tuple[int, int]) -> tuple[int, int]:
        """Rows and columns of the result: ⌊(h + padding - dilation·(size-1) - 1) / stride⌋ + 1. Raises GraphError."""
        top, bottom, left, right = self.padding
        padded = (image[0] + top + bottom, image[1] + left + right)
        reach = [d * (k - 1) + 1 for d, k in zip(self.dilation, self.size, strict=True)]
        if padded[0] < reach[0] or padded[1] < reach[1]:
            raise GraphError(
                f"a window of {reach[0]}x{reach[1]} does not fit into an image of {image[0]}x{image[1]}"
                + (f", {padded[0]}x{padded[1]} with its padding" if any(self.padding) else "")
            )
        return (padded[0] - reach[0]) // self.stride[0] + 1, (padded[1] - reach[1]) // self.stride[1] + 1

    def meets(self, image: tuple[int, int]) -> bool:
        """Whether the window meets the image at every place, and never lies wholly in the padding."""
        axes = zip(image, self.places(image), self.size, self.stride, self.padding[::2], self.dilation, strict=True)
        return all(
            any(0 <= place * step + tap * distance - before < n for tap in range(size))
            for n, places, size, step, before, distance in axes
            for place in range(places)
        )

    def taps(self, places: tuple[int, int]) -> Iterator[Slices]:
        """For each of the window's positions, row by row, the part of a padded image that it meets at all places."""
        for r in range(self.size[0]):
            for s in range(self.size[1]):
                top, left = r * self.dilation[0], s * self.dilation[1]
                yield (
                    slice(top, top + (places[0] - 1) * self.stride[0] + 1, self.stride[0]),
                    slice(left, left + (places[1] - 1) * self.stride[1] + 1, self.stride[1]),
                )

    def pad(self, xp: ModuleType, x: Array, value: float = 0.0) -> Array:
        """`(…, h, w)` with the padding around it."""
        if not any(self.padding):
            return x
        top, bottom, left, right = self.padding
        widths = [(0, 0)] * (x.ndim - 2) + [(top, bottom), (left, right)]
        return xp.pad(x, widths, constant_values=value)

    def crop(self, x: Array) -> Array:
        """Without the padding: the inverse of `pad`."""
        top, bottom, left, right = self.padding
        return x[..., top : x.shape[-2] - bottom, left : x.shape[-1] - right]

    def gather(self, xp: ModuleType, x: Array, value: float = 0.0) -> Array:
        """`(…, h, w) -> (…, taps, h', w')`: what each tap meets; `value` stands in the padding."""
        padded = self.pad(xp, x, value)
        places = self.places((x.shape[-2], x.shape[-1]))
        return xp.stack([padded[..., rows, columns] for rows, columns in self.taps(places)], axis=-3)

    def scatter(self, xp: ModuleType, taps: Array, image: tuple[int, int]) -> Array:
        """`(…, taps, h', w') -> (…, h, w)`: the transpose of `gather`, everything added where it was taken from."""
        top, bottom, left, right = self.padding
        shape = (*taps.shape[:-3], image[0] + top + bottom, image[1] + left + right)
        total = xp.zeros(shape, taps.dtype)
        for tap, (rows, columns) in enumerate(self.taps((taps.shape[-2], taps.shape[-1]))):
            total = _added(total, (..., rows, columns), taps[..., tap, :, :])
        return self.crop(total)


def _added(x: Array, at: tuple[object, ...], value: Array) -> Array:
    """`x` with `value` added at a place: in place, unless arrays are immutable, as jax's are."""
    if hasattr(x, "at"):
        return x.at[at].add(value)
    x[at] += value  # type: ignore[index]
    return x


def same_padding(
    image: tuple[int, int], size: tuple[int, int], stride: tuple[int, int], dilation: tuple[int, int]
) -> tuple[int, int, int, int]:
    """The padding that makes ⌈h / stride⌉ rows of h rows, an odd one more at the bottom and right, as in TensorFlow's SAME."""
    total = [
        max((-(-n // step) - 1) * step + d * (k - 1) + 1 - n, 0)
        for n, k, step, d in zip(image, size, stride, dilation, strict=True)
    ]
    return total[0] // 2, total[0] - total[0] // 2, total[1] // 2, total[1] - total[1] // 2


#: Windows that the samples of convolution and pooling run over an image of 6 × 5.
SAMPLE_WINDOWS = (
    Window((3, 3), padding=(1, 1, 1, 1)),
    Window((2, 2), stride=(2, 2)),
    Window((3, 2), stride=(2, 1), padding=(1, 0, 0, 1)),
)
