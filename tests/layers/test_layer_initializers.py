"""First weights: their distribution, the default that suits what follows, and what they depend on."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pydantic import ValidationError
from support.cases import INITIALIZER_CASES, LAYER_CASES
from support.members import Distribution
from support.networks import first_state, layers_of, model_of
from support.variants import on_vectors, written

from netcli.graph import Array
from netcli.layers.initializers.initializer import INITIALIZERS, Fan
from netcli.layers.layer import LAYERS, Loss


def drawn(text: str, name: str = "weight") -> Array:
    """60,000 weights or 300 biases of a dense layer of 200 features and 300 units with these settings."""
    model = model_of(f"[dense: {{units: 300, {text}}}, dense: 1, mse]", (200,), target=(1,))
    return first_state(model).values[f"dense1/{name}"]


INTO, OUT = 200, 300
DISTRIBUTIONS = [(text, drawing) for case in INITIALIZER_CASES.values() for text, drawing in case.distributions.items()]


@pytest.mark.parametrize(("text", "expected"), DISTRIBUTIONS, ids=[text for text, _ in DISTRIBUTIONS])
def test_distribution(text: str, expected: Distribution) -> None:
    """Mean and variance of 60,000 numbers are within four deviations of theirs (fourth moments up to a normal one's, 3 σ⁴)."""
    w = drawn(f"init: {{{text}}}" if ":" in text else f"init: {text}")
    assert w.shape == (INTO, OUT)
    variance = expected.variance(INTO, OUT) if callable(expected.variance) else expected.variance
    assert abs(w.mean() - expected.mean) <= 4 * math.sqrt(variance / w.size)
    assert abs(w.var() - variance) <= 4 * variance * math.sqrt(2 / w.size)
    if expected.limits is not None:
        low, high = expected.limits(INTO, OUT)
        assert low <= w.min() < low + 1e-3 * (high - low)
        assert high - 1e-3 * (high - low) < w.max() <= high


def test_he_is_normal() -> None:
    """68.27 % lie within one deviation, 4.55 % beyond two."""
    w = drawn("init: he")
    assert (abs(w) < 0.1).mean() == pytest.approx(0.6827, abs=0.01)
    assert (abs(w) > 0.2).mean() == pytest.approx(0.0455, abs=0.005)


def test_glorot_is_uniform() -> None:
    assert (abs(drawn("init: glorot")) < math.sqrt(6 / 500) / 2).mean() == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("low, high", [(0.5, 0.5), (1.0, -1.0), (0.06, 0.05)])
def test_uniform_wants_low_below_high(low: float, high: float) -> None:
    with pytest.raises(ValidationError, match=f"low must be below high, found {low} and {high}"):
        layers_of(f"[dense: {{units: 3, init: {{uniform: {{low: {low}, high: {high}}}}}}}]")


def test_bias_is_zero_unless_it_is_told() -> None:
    assert not drawn("init: he", "bias").any()
    assert (drawn("bias_init: {constant: 0.1}", "bias") == 0.1).all()
    assert drawn("bias_init: {normal: 2.0}", "bias").std() == pytest.approx(2.0, rel=0.15)


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("init", ["he", "glorot"])
def test_fans_of_a_convolution(init: str, groups: int) -> None:
    """An output is made of channels / groups · taps inputs; an input goes to filters / groups · taps outputs."""
    text = f"[conv: {{filters: 96, kernel: [3, 5], groups: {groups}, init: {init}}}, flatten, dense: 1, mse]"
    w = first_state(model_of(text, (32, 6, 6), target=(1,))).values["conv1/weight"]
    fan_in, fan_out = 32 // groups * 15, 96 // groups * 15
    assert w.shape == (96, 32 // groups, 3, 5)
    assert w.var() == pytest.approx(2 / fan_in if init == "he" else 2 / (fan_in + fan_out), rel=0.04)


END = "flatten, {dense: {units: 1, name: end}}, mse"


def chosen(following: str, *, vectors: bool = False, classes: int | None = None) -> str:
    """Which initialiser the first weights of a stack have got, told by their variance."""
    first, shape = ("dense: 300", (200,)) if vectors else ("conv: 64", (16, 6, 6))
    into, out = (200, 300) if vectors else (16 * 9, 64 * 9)
    model = model_of(f"[{first}, {following}]", shape, target=(1,), classes=classes)
    w = first_state(model).values["dense1/weight" if vectors else "conv1/weight"]
    expected = {"he": 2 / into, "glorot": 2 / (into + out)}
    (found,) = [name for name, variance in expected.items() if w.var() == pytest.approx(variance, rel=0.08)]
    return found


#: Behind a convolution, or behind a dense layer if that is what the layer takes.
SUITS = [(word, case) for word, case in LAYER_CASES.items() if not issubclass(LAYERS.members[word], Loss)]
LOSSES = [word for word in LAYERS.members if issubclass(LAYERS.members[word], Loss)]


@pytest.mark.parametrize("word", [word for word, case in SUITS if case.suits])
def test_default_is_what_the_next_layer_suits(word: str) -> None:
    assert chosen(f"{written(word)}, {END}", vectors=on_vectors(word)) == LAYER_CASES[word].suits


@pytest.mark.parametrize("word", LOSSES)
def test_default_in_front_of_a_loss(word: str) -> None:
    assert chosen(word, vectors=True, classes=300) == LAYER_CASES[word].suits == "glorot"


@pytest.mark.parametrize("word", [word for word, case in SUITS if not case.suits])
@pytest.mark.parametrize(("last", "expected"), [("relu", "he"), ("tanh", "glorot")])
def test_default_looks_through_layers_that_keep_the_scale(word: str, last: str, expected: str) -> None:
    assert chosen(f"{written(word)}, {last}, {END}", vectors=on_vectors(word)) == expected


def test_default_looks_through_several_layers() -> None:
    assert chosen(f"batchnorm, maxpool: 2, dropout: 0.2, flatten, relu, {END}") == "he"
    assert chosen(f"batchnorm, maxpool: 2, dropout: 0.2, flatten, {END}") == "glorot"


def test_a_linear_layer_between_hides_the_relu() -> None:
    assert chosen("dense: 20, relu, dense: 1, mse", vectors=True) == "glorot"


def test_the_same_seed_gives_the_same_weights() -> None:
    text = "[conv: 4, relu, flatten, dense: 3, softmax, cross_entropy]"
    first, again, other = (first_state(model_of(text, (1, 6, 6), classes=3), seed).values for seed in (3, 3, 4))
    for name in ("conv1/weight", "dense1/weight"):
        np.testing.assert_array_equal(first[name], again[name])
        assert (first[name] != other[name]).all()


def test_float32_weights_are_the_float64_ones_rounded() -> None:
    text = "[dense: 5, relu, dense: 3, mse]"
    single, double = (first_state(model_of(text, (4,), target=(3,), dtype=dtype)).values for dtype in ("float32", "float64"))
    assert single["dense1/weight"].dtype == "float32"
    np.testing.assert_array_equal(single["dense1/weight"], double["dense1/weight"].astype("float32"))


def test_parameters_of_one_network_differ() -> None:
    values = first_state(model_of("[dense: 5, tanh, dense: 5, tanh, dense: 5, mse]", (5,), target=(5,))).values
    firsts = {values[f"dense{number}/weight"].flat[0] for number in (1, 2, 3)}
    assert len(firsts) == 3


def test_another_layer_changes_no_weights_of_the_others() -> None:
    short = first_state(model_of("[dense: 5, relu, dense: {units: 3, name: end}, mse]", (4,), target=(3,))).values
    text = "[layernorm, dense: 5, batchnorm, relu, dense: {units: 5, name: extra}, relu, dense: {units: 3, name: end}, mse]"
    long = first_state(model_of(text, (4,), target=(3,))).values
    for name in ("dense1/weight", "end/weight"):
        np.testing.assert_array_equal(short[name], long[name])


@pytest.mark.parametrize("word", INITIALIZERS.members)
def test_every_initialiser_draws_any_shape(word: str) -> None:
    initializer = INITIALIZERS.members[word](**INITIALIZER_CASES[word].needed)
    for shape in [(3,), (4, 2), (2, 3, 1, 5)]:
        values = initializer.draw(np.random.default_rng(0), shape, Fan(4, 2))
        assert values.shape == shape
        assert values.dtype == "float64"
        assert np.isfinite(values).all()
