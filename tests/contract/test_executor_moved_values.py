"""Values side by side, parts of values and zeros around them, among what reads and makes them."""

from __future__ import annotations

import numpy as np
import pytest
from support.agreement import assert_agrees, check_graph, draw, fed, results, var

from netcli.autodiff import gradients
from netcli.executors import Executor, State
from netcli.graph import Graph, Node
from netcli.ops import (
    Window,
    batch_mean,
    batch_sum,
    concat,
    conv2d,
    dense,
    exp,
    pad,
    part,
    relu,
    reshape,
    sqrt,
    sum_over,
    tanh,
    transpose,
)

SAME = Window((3, 3), padding=(1, 1, 1, 1))


def with_gradients(y: Node, *leaves: Node) -> dict[str, Node]:
    """A loss of y, and its gradients."""
    loss = sum_over(batch_sum(y * y))
    return {"loss": loss, **{f"d{i}": dx for i, dx in enumerate(gradients([loss], list(leaves)))}}


@pytest.mark.parametrize("axis", [-1, -2, -3])
def test_convolutions_side_by_side_and_one_on_top(runner: Executor, axis: int) -> None:
    """What a padded convolution reads has zeros around it, whatever it is made of."""
    x, ws = fed("x", 2, 4, 4), [var(f"w{i}", 2, 2, 3, 3) for i in range(3)]
    joined = concat([relu(conv2d(x, w, SAME)) for w in ws], axis)
    top = var("top", 3, joined.shape[0], 3, 3)
    check_graph(runner, with_gradients(conv2d(joined, top, SAME), *ws, top))


def test_parts_of_different_widths_as_a_dense_block_has_them(runner: Executor) -> None:
    """Each layer reads all that were before it."""
    x = fed("x", 3, 5, 5)
    values, ws = [x], []
    for i in range(4):
        before = concat(values, -3)
        ws.append(var(f"w{i}", 2, before.shape[0], 3, 3))
        values.append(conv2d(relu(before), ws[-1], SAME))
    check_graph(runner, with_gradients(concat(values, -3), *ws))


def test_expressions_are_computed_on_the_way_in_and_out(runner: Executor) -> None:
    x, y = fed("x", 5), fed("y", 3)
    check_graph(runner, {"y": tanh(concat([exp(x * 0.5), y, x + 1.0], -1)) * 2.0})


def test_a_value_twice_and_a_part_of_it(runner: Executor) -> None:
    x = fed("x", 3, 4, 2)
    y = exp(x * 0.1)
    check_graph(runner, {"y": concat([y, part(y, -3, 1, 1), y], -3), "other": part(y, -2, 1, 2) * 2.0})


def test_parts_are_read_by_kernels_that_need_an_address(runner: Executor) -> None:
    x, w = fed("x", 4, 5, 5), var("w", 3, 2, 3, 3)
    left, right = (part(x, -3, begin, 2) for begin in (0, 2))
    check_graph(runner, with_gradients(conv2d(left, w, SAME) + conv2d(right, w, SAME), w))


def test_padded_values_are_zero_outside_whatever_stands_at_the_border(runner: Executor) -> None:
    x = fed("x", 2, 3, 2)
    graph = Graph({"y": pad(pad(1.0 / x, -1, 1, 2), -3, 0, 1)})
    found = runner.compile(graph).run(State({}), {"x": np.zeros((3, 2, 3, 2), "float32")})["y"]
    np.testing.assert_array_equal(found, np.pad(np.full((3, 2, 3, 2), np.inf), [(0, 0), (0, 1), (0, 0), (1, 2)]))
    check_graph(runner, {"y": reshape(pad(tanh(x), -2, 2, 1), (24,))})


def test_channels_of_groups_in_turn(runner: Executor) -> None:
    x, w = fed("x", 6, 4, 4), var("w", 6, 3, 3, 3)
    shuffled = reshape(transpose(reshape(x, (2, 3, 4, 4)), (1, 0, 2, 3)), (6, 4, 4))
    check_graph(runner, with_gradients(conv2d(shuffled, w, SAME, groups=2), w))


def test_uniform_values_are_moved_too(runner: Executor) -> None:
    w, v = var("w", 3, 7), var("v", 2, 7)
    joined = concat([w, v * 2.0], -2)
    moved = pad(part(transpose(joined, (1, 0)), -2, 1, 5), -1, 1, 1)
    check_graph(runner, {"y": sum_over(moved * moved), "moved": moved}, {w: w - gradients([sum_over(moved * moved)], [w])[0]})


def test_labels_are_moved_too(runner: Executor) -> None:
    labels = fed("labels", 4, 3, dtype="int32")
    check_graph(runner, {"y": concat([part(labels, -2, 1, 2), pad(labels, -2, 1, 0)], -2)})


@pytest.mark.parametrize("batch", [1100, 16, 3])
def test_dense_branches(runner: Executor, batch: int) -> None:
    """Weights of dense layers have gradients that may be summed after many examples, of what is joined and of its parts."""
    x, ws, top = fed("x", 5), [var(f"w{i}", 5, 3 + i) for i in range(3)], var("top", 12, 4)
    joined = concat([tanh(dense(x, w)) for w in ws], -1)
    again = var("again", 4, 2)
    y = dense(joined, top) + dense(part(joined, -1, 3, 4), var("more", 4, 4))
    graph = Graph(with_gradients(dense(tanh(y), again), *ws, top, again))
    state, feeds = draw(graph, batch)
    assert_agrees(results(graph, state, feeds, runner), graph, state, feeds)


def random_branches(seed: int) -> dict[str, Node]:
    """A loss of images that are joined, cut, convolved, normalised over the batch and joined again, and its gradients."""
    generator = np.random.default_rng(seed)
    x = fed("x", 3, 4, 5)
    values, ws = [x], [var("w", 3, 3, 1, 1)]
    values.append(conv2d(x, ws[0], Window((1, 1))))
    for number in range(12):
        some = [values[i] for i in generator.integers(max(0, len(values) - 6), len(values), 3)]
        a, channels = some[0], some[0].shape[0]
        kind = generator.integers(8)
        if kind < 3:
            joined = concat(some[: 2 + kind % 2], -3)
            values.append(joined if joined.shape[0] < 24 else part(joined, -3, 2, 9))
        elif kind == 3 and channels > 1:
            begin = int(generator.integers(channels - 1))
            values.append(part(a, -3, begin, int(generator.integers(1, channels - begin + 1))))
        elif kind < 6:
            k = int(generator.integers(1, 4))
            ws.append(var(f"w{number}", k, channels, 3, 3))
            values.append(conv2d(relu(a) if kind == 4 else a, ws[-1], SAME) * 0.3)
        elif kind == 6:
            centred = a - batch_mean(a)
            values.append(centred / sqrt(batch_mean(centred * centred) + 0.1))
        else:
            values.append(tanh(concat([part(a, -1, 2, 3), part(a, -1, 0, 2)], -1)))
    loss = sum_over(batch_sum(tanh(concat(values[1:], -3)) * 0.1))
    return {"loss": loss, **{f"d{i}": dx for i, dx in enumerate(gradients([loss], ws))}, "value": values[-2]}


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 10))])
def test_random_branches(runner: Executor, seed: int) -> None:
    """Values are parts of several others, of themselves, of what other phases and convolutions with padding read."""
    check_graph(runner, random_branches(seed))
