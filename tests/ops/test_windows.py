"""The geometry of windows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from netcli.errors import GraphError
from netcli.ops import Window, same_padding

quick = settings(max_examples=100, deadline=None, derandomize=True, database=None)


def starts(n: int, size: int, stride: int, dilation: int, before: int, after: int) -> list[int]:
    """Every place of a window along one axis, counted in the image, found by trying."""
    return [p for p in range(-before, n + after, stride) if p + dilation * (size - 1) < n + after]


@quick
@given(n=st.integers(1, 40), size=st.integers(1, 7), stride=st.integers(1, 5), dilation=st.integers(1, 3))
def test_same_padding_is_the_least_that_gives_a_place_per_stride(n: int, size: int, stride: int, dilation: int) -> None:
    """TensorFlow's definition of SAME: ⌈n / stride⌉ places, the least padding, an odd one behind."""
    rows = -(-n // stride)
    least = next(p for p in range(n * 30) if len(starts(n, size, stride, dilation, 0, p)) >= rows)
    top, bottom, left, right = same_padding((n, 3), (size, 1), (stride, 1), (dilation, 1))
    assert (top + bottom, bottom - top) == (least, least % 2)
    assert (left, right) == (0, 0)
    window = Window((size, 1), (stride, 1), (top, bottom, left, right), (dilation, 1))
    assert window.places((n, 3)) == (rows, 3)


@quick
@given(
    n=st.integers(1, 20),
    size=st.integers(1, 5),
    stride=st.integers(1, 4),
    dilation=st.integers(1, 3),
    before=st.integers(0, 4),
    after=st.integers(0, 4),
)
def test_places_are_counted(n: int, size: int, stride: int, dilation: int, before: int, after: int) -> None:
    expected = starts(n, size, stride, dilation, before, after)
    window = Window((1, size), (1, stride), (0, 0, before, after), (1, dilation))
    if not expected:
        with pytest.raises(GraphError, match="does not fit into an image of 2x"):
            window.places((2, n))
    else:
        assert window.places((2, n)) == (2, len(expected))
        inside = [any(0 <= p + tap * dilation < n for tap in range(size)) for p in expected]
        assert window.meets((2, n)) == all(inside)


@quick
@given(
    size=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    stride=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    padding=st.tuples(*[st.integers(0, 2)] * 4),
    dilation=st.tuples(st.integers(1, 2), st.integers(1, 2)),
)
def test_scatter_is_the_transpose_of_gather(
    size: tuple[int, int], stride: tuple[int, int], padding: tuple[int, int, int, int], dilation: tuple[int, int]
) -> None:
    """⟨gather(x), t⟩ = ⟨x, scatter(t)⟩."""
    window = Window(size, stride, padding, dilation)
    image = (5, 6)
    assume(all(n + 4 >= d * (k - 1) + 1 for n, d, k in zip(image, dilation, size, strict=True)))
    generator = np.random.default_rng(1)
    x = generator.integers(-9, 10, (2, *image)).astype(float)
    taps = window.gather(np, x)
    t = generator.integers(-9, 10, taps.shape).astype(float)
    assert np.vdot(taps, t) == np.vdot(x, window.scatter(np, t, image))


@pytest.mark.parametrize(
    "attributes",
    [
        {"size": (0, 3)},
        {"size": (3, 3), "stride": (1, 0)},
        {"size": (3, 3), "dilation": (0, 1)},
        {"size": (3, 3), "padding": (0, 0, -1, 0)},
    ],
)
def test_windows_that_cannot_be_are_refused(attributes: dict[str, tuple[int, ...]]) -> None:
    with pytest.raises(GraphError, match="a window needs sizes, strides and dilations of at least 1"):
        Window(**attributes)  # type: ignore[arg-type]


def test_text_names_what_is_not_usual() -> None:
    assert str(Window((3, 3))) == "3x3"
    assert str(Window((3, 2), (2, 1), (1, 0, 0, 1), (1, 2))) == "3x2/2x1+1,0,0,1*1x2"
