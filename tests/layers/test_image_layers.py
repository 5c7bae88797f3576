"""Layers that enlarge, mirror and rearrange images, pixel by pixel against their formulas."""

from __future__ import annotations

import numpy as np
import pytest
from support.networks import first_state, model_of, values_of

from netcli.graph import Array


def output_of(layer: str, x: Array, **weights: Array) -> Array:
    """What a layer makes of images."""
    model = model_of(f"[{layer}, flatten, dense: 1, mse]", x.shape[1:], target=(1,))
    state = first_state(model)
    for name, value in weights.items():
        state.values[name.replace("__", "/")][...] = value
    nodes = {"y": model.evaluation.layers[0][1]}
    return values_of(nodes, state, {"input": x, "target": np.zeros((len(x), 1))})["y"]


def images(*shape: int) -> Array:
    return np.random.default_rng(len(shape)).integers(-9, 10, (2, *shape)).astype("float64")


def test_nearest_repeats_rows_and_columns() -> None:
    x = images(2, 3, 4)
    np.testing.assert_array_equal(output_of("upsample: [2, 3]", x), np.kron(x, np.ones((2, 3))))


@pytest.mark.parametrize(("rows", "columns"), [(2, 2), (3, 1), (4, 5)])
def test_bilinear_goes_straight_between_the_centres_of_pixels(rows: int, columns: int) -> None:
    """numpy's own interpolation of rows, then of columns; it goes on as it ends."""
    x = images(2, 3, 4)

    def along(axis: int, factor: int, values: Array) -> Array:
        at = (np.arange(values.shape[axis] * factor) + 0.5) / factor - 0.5
        return np.apply_along_axis(lambda line: np.interp(at, np.arange(len(line)), line), axis, values)

    found = output_of(f"upsample: {{factor: [{rows}, {columns}], mode: bilinear}}", x)
    np.testing.assert_allclose(found, along(3, columns, along(2, rows, x)), rtol=1e-12, atol=1e-12)


def test_channels_are_dealt_out_in_turn() -> None:
    x = images(6, 2, 2)
    np.testing.assert_array_equal(output_of("channel_shuffle: 2", x), x[:, [0, 3, 1, 4, 2, 5]])


def test_a_transposed_convolution_adds_up_multiples_of_its_filters() -> None:
    x, w = images(2, 2, 3), np.random.default_rng(1).normal(size=(2, 3, 3, 2))
    expected = np.zeros((2, 3, 5, 5))
    for c in range(2):
        for i in range(2):
            for j in range(3):
                expected[:, :, 2 * i : 2 * i + 3, j + 1 : j + 3] += x[:, c, i, j][:, None, None, None] * w[c]
    layer = "conv_transposed: {filters: 3, kernel: [3, 2], stride: [2, 1], bias: false}"
    np.testing.assert_allclose(output_of(layer, x, conv_transposed1__weight=w), expected[..., 1:5], rtol=1e-12, atol=1e-12)


def test_a_mirrored_border_is_numpys() -> None:
    x = images(2, 4, 5)
    w = np.zeros((4, 2, 3, 5))
    for k, (c, i, j) in enumerate([(0, 0, 0), (1, 0, 4), (0, 2, 0), (1, 2, 4)]):  # each filter takes one pixel of its window
        w[k, c, i, j] = 1
    padded = np.pad(x, [(0, 0), (0, 0), (1, 1), (2, 2)], mode="reflect")
    found = output_of("conv: {filters: 4, kernel: [3, 5], padding: reflect, bias: false}", x, conv1__weight=w)
    expected = [padded[:, 0, :-2, :-4], padded[:, 1, :-2, 4:], padded[:, 0, 2:, :-4], padded[:, 1, 2:, 4:]]
    np.testing.assert_array_equal(found, np.stack(expected, 1))


def test_channels_at_a_pixel_have_mean_0_and_variance_1() -> None:
    y = output_of("layernorm: {over: channels, epsilon: 1e-12}", images(5, 2, 3))
    np.testing.assert_allclose(y.mean(1), 0, atol=1e-12)
    np.testing.assert_allclose(y.var(1), 1, rtol=1e-9)


def test_groups_have_mean_0_and_variance_1() -> None:
    y = output_of("groupnorm: {groups: 2, epsilon: 1e-12}", images(6, 2, 3)).reshape(2, 2, -1)
    np.testing.assert_allclose(y.mean(2), 0, atol=1e-12)
    np.testing.assert_allclose(y.var(2), 1, rtol=1e-9)
