"""Broadcasting is undone, whatever was broadcast: batch, axes, scalars."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from netcli.autodiff import gradients, jvp
from netcli.autodiff.match import match
from netcli.executors.numpy import values_of
from netcli.graph import Array, Node, TensorType, placeholder
from netcli.ops import greater, select

BATCH = 3
quick = settings(max_examples=60, deadline=None, derandomize=True, database=None)


@st.composite
def operand_types(draw: st.DrawFn, count: int) -> list[TensorType]:
    """Types that broadcast against each other: axes of 1 or a common length, uniform or varying, or a uniform scalar."""
    shape = draw(st.lists(st.integers(1, 4), max_size=3))
    types = []
    for _ in range(count):
        if draw(st.integers(0, 4)) == 0:
            types.append(TensorType((), "float64"))
        else:
            axes = tuple(n if draw(st.booleans()) else 1 for n in shape)
            types.append(TensorType(axes, "float64", draw(st.booleans())))
    return types


def draw_values(nodes: list[Node]) -> dict[Node, Array]:
    generator = np.random.default_rng(4)
    return {node: np.asarray(generator.uniform(0.5, 2, ((BATCH,) if node.type.varying else ()) + node.shape)) for node in nodes}


def summed_like(value: Array, given: Array) -> Array:
    """Sum what numpy repeated to make `value` of something of the shape of `given`; lengths of 1 stay."""
    extra = tuple(range(value.ndim - given.ndim))
    value = value.sum(axis=extra)
    return value.sum(axis=tuple(i for i, n in enumerate(given.shape) if n == 1), keepdims=True).reshape(given.shape)


def with_batch(values: list[Array], types: list[TensorType]) -> list[Array]:
    """Every value with a batch axis, 1 long for a uniform one, and with the same number of axes."""
    rank = max(len(t.shape) for t in types)
    return [
        value.reshape((BATCH if t.varying else 1,) + (1,) * (rank - len(t.shape)) + t.shape)
        for value, t in zip(values, types, strict=True)
    ]


def by_numpy(values: list[Array], types: list[TensorType], slopes: list[Callable[..., Array]]) -> list[Array]:
    """∂(Σ result)/∂operand: the slope of each, repeated to the result's shape by numpy and summed back."""
    wide = with_batch(values, types)
    batch = BATCH if any(t.varying for t in types) else 1
    shape = (batch, *np.broadcast_shapes(*(value.shape for value in wide))[1:])
    return [
        summed_like(np.broadcast_to(slope(*wide), shape), operand).reshape(value.shape)
        for slope, operand, value in zip(slopes, wide, values, strict=True)
    ]


OPERATIONS = [
    (lambda x, y: x + y, [lambda x, y: np.ones(()), lambda x, y: np.ones(())]),
    (lambda x, y: x - y, [lambda x, y: np.ones(()), lambda x, y: -np.ones(())]),
    (lambda x, y: x * y, [lambda x, y: y, lambda x, y: x]),
    (lambda x, y: x / y, [lambda x, y: 1 / y, lambda x, y: -x / y**2]),
    (lambda x, y: select(greater(x, y), x, y), [lambda x, y: x > y, lambda x, y: x <= y]),
]


@quick
@given(types=operand_types(2), operation=st.sampled_from(range(len(OPERATIONS))))
def test_gradients_of_broadcast_operands(types: list[TensorType], operation: int) -> None:
    build, slopes = OPERATIONS[operation]
    nodes = [placeholder(f"x{i}", t) for i, t in enumerate(types)]
    y = build(*nodes)
    values = draw_values(nodes)
    found = gradients([y], nodes)
    assert [g.type for g in found] == types
    expected = by_numpy(list(values.values()), types, slopes)
    for value, right in zip(values_of(found, values), expected, strict=True):
        np.testing.assert_allclose(value, right, rtol=1e-13)


@quick
@given(types=operand_types(3))
def test_tangents_of_broadcast_operands(types: list[TensorType]) -> None:
    """d(x·y + z) = dx·y + x·dy + dz, for each operand alone and for all of them."""
    nodes = [placeholder(f"x{i}", t) for i, t in enumerate(types)]
    moves = [placeholder(f"dx{i}", t) for i, t in enumerate(types)]
    y = nodes[0] * nodes[1] + nodes[2]
    values = draw_values([*nodes, *moves])
    together, *alone = jvp([y], nodes, moves), *(jvp([y], [x], [dx]) for x, dx in zip(nodes, moves, strict=True))
    found = values_of([together[0], *(tangent for (tangent,) in alone)], values)
    a, b, _, da, db, dc = with_batch(list(values.values()), types * 2)
    for value, right in zip(found, [da * b + a * db + dc, da * b, a * db, dc], strict=True):
        shape = (BATCH if y.type.varying else 1, *y.shape)
        np.testing.assert_allclose(value.reshape(shape), np.broadcast_to(right, shape), rtol=1e-13)


@quick
@given(types=operand_types(2))
def test_match_is_transposed_to_itself(types: list[TensorType]) -> None:
    """Broadcasting x to y and summing y to x are transposed: ⟨match(x → y), v⟩ = ⟨x, match(v → x)⟩."""
    x, like = (placeholder(label, t) for label, t in zip("xy", types, strict=True))
    y = x + like  # of the type that both broadcast to
    v = placeholder("v", y.type)
    there, back = match(x, y), match(v, x)
    assert (there.type, back.type) == (y.type, x.type)
    values = draw_values([x, like, v])
    forward, backward = values_of([there, back], values)
    np.testing.assert_allclose(np.vdot(forward, values[v]), np.vdot(values[x], backward), rtol=1e-12)
