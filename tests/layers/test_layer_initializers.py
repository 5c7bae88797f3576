"""First weights: their distribution, the default that suits what follows, and what they depend on."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pydantic import ValidationError
from support.networks import first_state, layers_of, model_of

from netcli.graph import Array
from netcli.layers.initializers.initializer import INITIALIZERS, Fan
from netcli.layers.layer import LAYERS


def drawn(text: str, name: str = "weight") -> Array:
    """60,000 weights or 300 biases of a dense layer of 200 features and 300 units with these settings."""
    model = model_of(f"[dense: {{units: 300, {text}}}, dense: 1, mse]", (200,), target=(1,))
    return first_state(model).values[f"dense1/{name}"]


def test_he_is_normal_with_the_variance_2_by_fan_in() -> None:
    w = drawn("init: he")
    assert w.shape == (200, 300)
    assert w.var() == pytest.approx(2 / 200, rel=0.03)
    assert abs(w.mean()) < 4 * math.sqrt(2 / 200 / w.size)
    # a normal distribution: 68.27 % within one deviation, 4.55 % beyond two
    assert (abs(w) < 0.1).mean() == pytest.approx(0.6827, abs=0.01)
    assert (abs(w) > 0.2).mean() == pytest.approx(0.0455, abs=0.005)


def test_glorot_is_uniform_with_the_variance_2_by_the_sum_of_fans() -> None:
    w = drawn("init: glorot")
    limit = math.sqrt(6 / 500)
    assert w.var() == pytest.approx(2 / 500, rel=0.03)
    assert 0.999 * limit < w.max() <= limit
    assert -limit <= w.min() < -0.999 * limit
    assert (abs(w) < limit / 2).mean() == pytest.approx(0.5, abs=0.01)


def test_normal() -> None:
    w = drawn("init: {normal: {mean: 1.5, deviation: 0.2}}")
    assert w.mean() == pytest.approx(1.5, abs=0.004)
    assert w.std() == pytest.approx(0.2, rel=0.03)
    assert drawn("init: normal").std() == pytest.approx(0.01, rel=0.03)
    np.testing.assert_array_equal(drawn("init: {normal: 0.3}"), drawn("init: {normal: {deviation: 0.3}}"))


def test_uniform() -> None:
    w = drawn("init: {uniform: {low: 0.5, high: 2.5}}")
    assert 0.5 <= w.min() < 0.501
    assert 2.499 < w.max() <= 2.5
    assert w.mean() == pytest.approx(1.5, abs=0.01)
    assert w.var() == pytest.approx(4 / 12, rel=0.03)
    default = drawn("init: uniform")
    assert default.min() == pytest.approx(-0.05, rel=0.01)
    assert default.max() == pytest.approx(0.05, rel=0.01)


@pytest.mark.parametrize("low, high", [(0.5, 0.5), (1.0, -1.0), (0.06, 0.05)])
def test_uniform_wants_low_below_high(low: float, high: float) -> None:
    with pytest.raises(ValidationError, match=f"low must be below high, found {low} and {high}"):
        layers_of(f"[dense: {{units: 3, init: {{uniform: {{low: {low}, high: {high}}}}}}}]")


def test_zeros_and_constant() -> None:
    assert not drawn("init: zeros").any()
    assert (drawn("init: {constant: -0.25}") == -0.25).all()


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


#: What each layer says of the weights in front of it; None: what follows it says.
SUITS = {
    "relu": "he", "leaky_relu": "he", "elu": "he", "gelu": "he", "silu": "he", "softplus": "he",
    "sigmoid": "glorot", "tanh": "glorot", "softmax": "glorot", "log_softmax": "glorot",
    "dense": "glorot", "conv": "glorot",
    "binary_cross_entropy": "glorot", "cross_entropy": "glorot", "huber": "glorot", "mae": "glorot", "mse": "glorot",
    "batchnorm": None, "layernorm": None, "dropout": None, "maxpool": None, "avgpool": None, "global_avgpool": None,
    "flatten": None, "reshape": None, "random_flip": None, "random_shift": None,
}  # fmt: skip
LOSSES = ["binary_cross_entropy", "cross_entropy", "huber", "mae", "mse"]
#: Layers that cannot stand behind a convolution.
ON_VECTORS = {"softmax", "log_softmax", "dense"}
WRITTEN = {
    "dense": "dense: 1",
    "conv": "conv: {filters: 2, kernel: 1}",
    "reshape": "reshape: [64, -1]",
    "random_shift": "random_shift: 1",
}
END = "flatten, {dense: {units: 1, name: end}}, mse"


def chosen(following: str, *, on_vectors: bool = False, classes: int | None = None) -> str:
    """Which initialiser the first weights of a stack have got, told by their variance."""
    first, shape = ("dense: 300", (200,)) if on_vectors else ("conv: 64", (16, 6, 6))
    into, out = (200, 300) if on_vectors else (16 * 9, 64 * 9)
    model = model_of(f"[{first}, {following}]", shape, target=(1,), classes=classes)
    w = first_state(model).values["dense1/weight" if on_vectors else "conv1/weight"]
    expected = {"he": 2 / into, "glorot": 2 / (into + out)}
    (found,) = [name for name, variance in expected.items() if w.var() == pytest.approx(variance, rel=0.08)]
    return found


def test_the_table_has_every_layer() -> None:
    assert SUITS.keys() == LAYERS.members.keys()


@pytest.mark.parametrize("word", [word for word, suits in SUITS.items() if suits and word not in LOSSES])
def test_default_is_what_the_next_layer_suits(word: str) -> None:
    assert chosen(f"{WRITTEN.get(word, word)}, {END}", on_vectors=word in ON_VECTORS) == SUITS[word]


@pytest.mark.parametrize("word", LOSSES)
def test_default_in_front_of_a_loss_is_glorot(word: str) -> None:
    assert chosen(word, on_vectors=True, classes=300) == "glorot"


@pytest.mark.parametrize("word", [word for word, suits in SUITS.items() if not suits])
@pytest.mark.parametrize(("last", "expected"), [("relu", "he"), ("tanh", "glorot")])
def test_default_looks_through_layers_that_keep_the_scale(word: str, last: str, expected: str) -> None:
    assert chosen(f"{WRITTEN.get(word, word)}, {last}, {END}") == expected


def test_default_looks_through_several_layers() -> None:
    assert chosen(f"batchnorm, maxpool: 2, dropout: 0.2, flatten, relu, {END}") == "he"
    assert chosen(f"batchnorm, maxpool: 2, dropout: 0.2, flatten, {END}") == "glorot"


def test_a_linear_layer_between_hides_the_relu() -> None:
    assert chosen("dense: 20, relu, dense: 1, mse", on_vectors=True) == "glorot"


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
    settings = {"value": 2.0} if word == "constant" else {}
    initializer = INITIALIZERS.members[word](**settings)
    for shape in [(3,), (4, 2), (2, 3, 1, 5)]:
        values = initializer.draw(np.random.default_rng(0), shape, Fan(4, 2))
        assert values.shape == shape
        assert values.dtype == "float64"
        assert np.isfinite(values).all()
