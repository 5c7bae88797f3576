"""Random numbers: Threefry-2x32 against published vectors and an implementation with Python's integers; their statistics."""

from __future__ import annotations

import math

import numpy as np
import pytest

from netcli.executors.numpy import values_of
from netcli.graph import Array, DType, Node, TensorType, placeholder
from netcli.ops import random_uniform
from netcli.ops.random_uniform import RandomUniform, threefry

#: counter, key, result: the file kat_vectors of Random123, threefry2x32 with 20 rounds.
KNOWN = [
    ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
    ((0xFFFFFFFF, 0xFFFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF), (0x1CB996FC, 0xBB002BE7)),
    ((0x243F6A88, 0x85A308D3), (0x13198A2E, 0x03707344), (0xC4923A9C, 0x483DF7A0)),
]
WORD = 0xFFFFFFFF


def by_definition(key: tuple[int, int], counter: tuple[int, int]) -> tuple[int, int]:
    """Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011, section 3.3 and table 2."""
    keys = [*key, 0x1BD11BDA ^ key[0] ^ key[1]]
    x, y = (counter[0] + keys[0]) & WORD, (counter[1] + keys[1]) & WORD
    for turn in range(20):
        rotation = (13, 15, 26, 6, 17, 29, 16, 24)[turn % 8]
        x = (x + y) & WORD
        y = ((y << rotation | y >> (32 - rotation)) & WORD) ^ x
        if turn % 4 == 3:
            injection = turn // 4 + 1
            x = (x + keys[injection % 3]) & WORD
            y = (y + keys[(injection + 1) % 3] + injection) & WORD
    return x, y


def numbers(
    seed: int = 1, step: int = 0, identity: int = 0, examples: int = 4, size: int = 6, dtype: DType = "float64"
) -> Array:
    seed_node, step_node = (placeholder(label, TensorType((), "uint32")) for label in ("seed", "step"))
    like = placeholder("like", TensorType((2,), dtype, varying=True))
    node = random_uniform(seed_node, step_node, like, (size,), identity)
    given: dict[Node, Array] = {
        seed_node: np.array(seed, "uint32"),
        step_node: np.array(step, "uint32"),
        like: np.zeros((examples, 2), dtype),
    }
    return values_of([node], given)[0]


@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN)
def test_known_answers(counter: tuple[int, int], key: tuple[int, int], expected: tuple[int, int]) -> None:
    words = [np.array([word], "uint32") for word in (*key, *counter)]
    x, y = threefry(np, (words[0], words[1]), (words[2], words[3]))
    assert (x.item(), y.item()) == expected
    assert by_definition(key, counter) == expected


def test_each_number_is_what_the_docstring_says() -> None:
    seed, step, identity = 0xFFFFFFF0, 12345, 3
    key = ((seed + 0x9E3779B9 * (identity + 1)) & WORD, step)
    found = numbers(seed, step, identity, examples=3, size=5)
    for example in range(3):
        for position in range(5):
            first, _ = by_definition(key, (example, position))
            assert found[example, position] == (first >> 8) * 2.0**-24


def test_positions_count_in_row_major_order() -> None:
    flat = numbers(size=6)
    op = RandomUniform(0, (2, 3), "float64")
    shaped = op.forward(np, np.array(1, "uint32"), np.array(0, "uint32"), np.zeros((4, 2)))
    assert shaped.shape == (4, 2, 3)
    np.testing.assert_array_equal(shaped.reshape(4, 6), flat)


def test_both_precisions_hold_the_same_numbers() -> None:
    np.testing.assert_array_equal(numbers(dtype="float32").astype("float64"), numbers(dtype="float64"))


def test_an_example_draws_the_same_in_a_batch_of_any_size() -> None:
    np.testing.assert_array_equal(numbers(examples=2), numbers(examples=7)[:2])


def test_moments() -> None:
    """Mean 1/2 and variance 1/12, whose estimates have the standard deviations √(1/12n) and √(1/180n)."""
    x = numbers(examples=400, size=500)
    n = x.size
    assert 0 <= x.min() < 1e-4
    assert 1 - 1e-4 < x.max() < 1
    assert abs(x.mean() - 1 / 2) < 4 * math.sqrt(1 / 12 / n)
    assert abs(x.var() - 1 / 12) < 4 * math.sqrt(1 / 180 / n)
    share, _ = np.histogram(x, 64, (0, 1))
    assert np.abs(share - n / 64).max() < 4.5 * math.sqrt(n / 64)


def test_seeds_steps_operations_examples_and_positions_are_independent() -> None:
    """A correlation of n independent pairs has the standard deviation 1/√n."""
    base = numbers(examples=200, size=200)
    others = [
        numbers(seed=2, examples=200, size=200),
        numbers(step=1, examples=200, size=200),
        numbers(identity=1, examples=200, size=200),
        np.roll(base, 1, axis=0),
        np.roll(base, 1, axis=1),
        base.T,
    ]
    for other in others:
        assert abs(np.corrcoef(base.ravel(), other.ravel())[0, 1]) < 4 / math.sqrt(base.size)
        assert np.mean(base == other) < 0.02
