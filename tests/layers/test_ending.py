"""What layers declare of their outputs, against what they compute; and what a loss makes of it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from support.cases import LAYER_CASES
from support.networks import first_state, layers_of, model_of, values_of
from support.variants import on_vectors, written

from netcli.graph import Array
from netcli.layers.layer import LAYERS, Layer, Loss
from netcli.layers.outputs import ANYWHERE, Bounds, Form
from netcli.layers.placing import StackError

#: Every layer but losses with no more than it needs; and others, where what is declared depends on their settings.
LAYER_TEXTS = [
    *(written(word) for word, kind in LAYERS.members.items() if not issubclass(kind, Loss) and not LAYER_CASES[word].front),
    "{leaky_relu: 0}",
    "{elu: 3}",
    "{relu: 3}",
    "{clip: {min: 0, max: 0.25}}",
    "{upsample: {factor: 3, mode: bilinear}}",
    "{avgpool: {size: 2, padding: 1}}",
    "{maxpool: {size: 2, padding: 1}}",
]


def layer_of(text: str) -> Layer:
    return layers_of(f"[{text}]")[0]


def outputs(text: str, low: float, high: float, *, training: bool = False) -> tuple[Array, Array]:
    """Inputs drawn from a range, its ends among them, and the outputs of a layer."""
    shape = (16,) if on_vectors(layer_of(text).word) else (64, 4, 4)
    generator = np.random.default_rng(0)
    x = generator.uniform(max(low, -20), min(high, 20), (50, *shape))
    x[0], x[1] = max(low, -20), min(high, 20)
    x[2] = np.clip(generator.uniform(-2, 0, shape), low, high)  # where gelu and silu are least
    model = model_of(f"[{text}, flatten, {{dense: {{units: 1, name: end}}}}, mse]", shape, target=(1,))
    network = model.training if training else model.evaluation
    feeds = {"input": x, "target": np.zeros((50, 1))}
    return x, values_of({"y": network.layers[0][1]}, first_state(model), feeds)["y"]


@pytest.mark.parametrize("given", [ANYWHERE, Bounds(0.0), Bounds(high=0.0), Bounds(-1.0, 0.5), Bounds(0.25, 3.0)], ids=str)
@pytest.mark.parametrize("text", LAYER_TEXTS)
def test_outputs_stay_within(text: str, given: Bounds) -> None:
    _, y = outputs(text, given.low, given.high)
    bounds = layer_of(text).outputs_within(given)
    assert bounds.low <= y.min()
    assert y.max() <= bounds.high


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        ("relu", Bounds(0.0)), ("relu: 6", Bounds(0.0, 6.0)), ("clip: {min: -2, max: 3}", Bounds(-2.0, 3.0)),
        ("sigmoid", Bounds(0.0, 1.0)), ("tanh", Bounds(-1.0, 1.0)), ("softmax", Bounds(0.0, 1.0)),
        ("log_softmax", Bounds(high=0.0)), ("softplus", Bounds(0.0)), ("elu: 3", Bounds(-3.0)), ("dense: 4", ANYWHERE),
        ("leaky_relu: 0.1", ANYWHERE), ("leaky_relu: 0", Bounds(0.0)), ("dropout: 0.5", ANYWHERE), ("batchnorm", ANYWHERE),
    ],
)  # fmt: skip
def test_bounds(text: str, bounds: Bounds) -> None:
    assert layer_of(text).outputs_within(ANYWHERE) == bounds


def test_the_least_values_of_gelu_silu_and_hard_swish_are_near_their_bounds() -> None:
    x = np.linspace(-3, 0, 300_001)
    gelu = x * 0.5 * (1 + np.vectorize(math.erf)(x * math.sqrt(0.5)))
    hard_swish = x * np.clip(x + 3, 0, 6) / 6
    leasts = {"gelu": gelu.min(), "silu": (x / (1 + np.exp(-x))).min(), "hard_swish": hard_swish.min()}
    for word, least in leasts.items():
        bound = layer_of(word).outputs_within(ANYWHERE)
        assert 0 <= least - bound.low < 1e-4
        assert bound.high == math.inf


@pytest.mark.parametrize("text", LAYER_TEXTS)
def test_forms_are_what_they_say(text: str) -> None:
    layer = layer_of(text)
    x, y = outputs(text, -5, 5)
    if layer.gives is Form.PROBABILITIES:
        np.testing.assert_allclose(y, 1 / (1 + np.exp(-x)), rtol=1e-12)
    elif layer.gives is not None:
        p = np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True)
        np.testing.assert_allclose(y, p if layer.gives is Form.CLASS_PROBABILITIES else np.log(p), rtol=1e-10)
    if layer.rearranges:
        np.testing.assert_array_equal(y.reshape(50, -1), x.reshape(50, -1))
    if layer.training_only:
        np.testing.assert_array_equal(y, x)
        assert (outputs(text, -5, 5, training=True)[1] != x).any()
    assert sum([layer.gives is not None, layer.rearranges, layer.training_only]) <= 1


@pytest.mark.parametrize("word", LAYER_CASES)
def test_it_declares_the_form_that_its_case_says(word: str) -> None:
    assert LAYERS.members[word].gives == LAYER_CASES[word].gives


@pytest.mark.parametrize("text", LAYER_TEXTS)
def test_dead_units(text: str) -> None:
    """Of vectors and of images: those that are 0 for all examples; a layer that cannot tell says nothing."""
    layer = layer_of(text)
    vectors = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 2.0]])
    images = np.zeros((2, 3, 2, 2))
    images[1, 2, 0, 1] = 0.5
    found = layer.dead(vectors), layer.dead(images)
    if not LAYER_CASES[layer.word].tells_dead:
        assert found == (None, None)
        return
    np.testing.assert_array_equal(found[0], [True, False, False])
    np.testing.assert_array_equal(found[1], [True, True, False])


@pytest.mark.parametrize("text", ["relu: 2", "clip: {min: -1, max: 2}"])
def test_units_at_either_limit_are_dead(text: str) -> None:
    low = 0.0 if text.startswith("relu") else -1.0
    values = np.array([[low, 2.0, low, 1.0], [2.0, 2.0, low, 2.0]])
    np.testing.assert_array_equal(layer_of(text).dead(values), [True, True, True, False])


# ------------------------------------------------------------------------------------------------ the same in both phases


@pytest.mark.parametrize(
    ("text", "shape", "classes"),
    [
        ("[softmax, flatten, cross_entropy]", (3,), 3),
        ("[softmax, reshape: [3], cross_entropy]", (3,), 3),
        ("[softmax, reshape: [3, 1], flatten, cross_entropy]", (3,), 3),
        ("[log_softmax, reshape: [3, 1], flatten, cross_entropy]", (3,), 3),
        ("[softmax, cross_entropy]", (3,), 3),
        ("[cross_entropy]", (3,), 3),
        ("[sigmoid, flatten, binary_cross_entropy]", (3, 1, 1), 3),
        ("[flatten, sigmoid, binary_cross_entropy]", (3, 1, 1), 3),
    ],
)
def test_what_lies_between_changes_nothing(text: str, shape: tuple[int, ...], classes: int) -> None:
    """The loss is that of the logits, finite for logits of any size, and equal in both phases, whatever is reshaped."""
    x = np.array([[1e3, -1e3, 0.0], [0.2, 0.5, -1.0]]).reshape(2, *shape)
    y = np.array([1, 2], "int32")
    model = model_of(text, shape, classes=classes)
    z = x.reshape(2, 3)
    if "binary" in text:
        expected = (np.logaddexp(0, z) - np.eye(3)[y] * z).mean()
        prediction = np.exp(-np.logaddexp(0, -z))
    else:
        log_p = z - np.logaddexp.reduce(z, axis=1, keepdims=True)
        expected, prediction = -log_p[[0, 1], y].mean(), np.exp(log_p)
    for network in (model.training, model.evaluation):
        found = values_of({"loss": network.loss, "p": network.prediction}, first_state(model), {"input": x, "target": y})
        assert found["loss"] == pytest.approx(expected, rel=1e-12)
        np.testing.assert_allclose(found["p"].reshape(2, 3), prediction, rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize(
    ("text", "index", "message"),
    [
        (
            "[dense: 3, softmax, dropout: 0.1, cross_entropy]",
            2,
            "dropout1 stands between softmax1 and its loss cross_entropy1",
        ),
        ("[dense: 3, log_softmax, dropout: 0.1, cross_entropy]", 2, "dropout1 stands between log_softmax1"),
        ("[dense: 3, softmax, flatten, dropout: 0, flatten, cross_entropy]", 3, "dropout1 stands between softmax1"),
        ("[dense: 3, sigmoid, dropout: 0.1, binary_cross_entropy]", 2, "dropout1 stands between sigmoid1"),
        ("[dense: 3, sigmoid, dropout: 0.1, cross_entropy]", 2, "dropout1 stands between sigmoid1"),
        ("[dense: 3, softmax, dropout: 0.1, binary_cross_entropy]", 2, "dropout1 stands between softmax1"),
        ("[dense: 12, reshape: [3, 2, 2], sigmoid, random_flip, flatten, dense: 3, softmax, softmax, mse]", 7, "softmax2"),
        ("[dense: 3, reshape: [3, 1, 1], sigmoid, random_flip, flatten, binary_cross_entropy]", 3, "random_flip1 stands"),
        ("[dense: 3, softmax, softmax, cross_entropy]", 2, "softmax2 is given the class probabilities of softmax1"),
        ("[dense: 3, softmax, log_softmax, cross_entropy]", 2, "log_softmax1 is given the class probabilities of softmax1"),
        ("[dense: 3, log_softmax, softmax, cross_entropy]", 2, "softmax1 is given the log-probabilities of log_softmax1"),
        ("[dense: 3, log_softmax, log_softmax, cross_entropy]", 2, "log_softmax2 is given the log-probabilities"),
        ("[dense: 3, softmax, flatten, dropout: 0.5, softmax, mse]", 4, "softmax2 is given the class probabilities"),
    ],
)
def test_refused(text: str, index: int, message: str) -> None:
    with pytest.raises(StackError) as caught:
        model_of(text, (4,), classes=3)
    assert caught.value.message.startswith(message)
    assert caught.value.written.loc == (index,)
    assert caught.value.hint is not None


@pytest.mark.parametrize(
    ("text", "index", "message"),
    [
        ("[dense: 3, sigmoid, cross_entropy]", 1, "sigmoid1 gives for logits, and that lies between 0 and 1"),
        ("[dense: 3, relu, cross_entropy]", 1, "relu1 gives for logits, and that lies never below 0"),
        ("[dense: 3, tanh, cross_entropy]", 1, "tanh1 gives for logits, and that lies between -1 and 1"),
        ("[dense: 3, tanh, binary_cross_entropy]", 1, "tanh1 gives"),
        ("[dense: 3, softmax, binary_cross_entropy]", 1, "softmax1 gives"),
        ("[dense: 3, log_softmax, binary_cross_entropy]", 1, "log_softmax1 gives for logits, and that lies never above 0"),
        ("[dense: 3, relu, softmax, cross_entropy]", 1, "relu1 gives"),
        ("[dense: 3, sigmoid, softmax, flatten, cross_entropy]", 1, "sigmoid1 gives"),
        ("[dense: 3, relu, sigmoid, binary_cross_entropy]", 1, "relu1 gives"),
        ("[dense: 3, tanh, relu, cross_entropy]", 2, "relu1 gives for logits, and that lies between 0 and 1"),
        ("[dense: 3, relu, dropout: 0.2, cross_entropy]", 1, "relu1 gives"),
        ("[conv: {filters: 3, kernel: 1}, relu, global_avgpool, softmax, cross_entropy]", 1, "relu1 gives"),
    ],
)
def test_remarked(text: str, index: int, message: str) -> None:
    model = model_of(text, (1, 2, 2) if "conv" in text else (4,), classes=3)
    (remark,) = model.ending.remarks
    assert remark.placed.written.loc == (index,)
    assert message in remark.message
    assert remark.hint.startswith("logits may lie anywhere: remove ")


def test_the_layer_that_is_meant_is_named() -> None:
    (remark,) = model_of("[dense: 3, sigmoid, cross_entropy]", (4,), classes=3).ending.remarks
    assert remark.hint.endswith("or write log_softmax or softmax in its place")
    (remark,) = model_of("[dense: 3, softmax, binary_cross_entropy]", (4,), classes=3).ending.remarks
    assert remark.hint.endswith("or write sigmoid in its place")


@pytest.mark.parametrize(
    "text",
    [
        "[dense: 3, cross_entropy]",
        "[dense: 3, softmax, cross_entropy]",
        "[dense: 3, leaky_relu, cross_entropy]",
        "[dense: 3, dropout: 0.5, softmax, cross_entropy]",
        "[dense: 3, dropout: 0.5, cross_entropy]",
        "[dense: 3, relu, batchnorm, cross_entropy]",
        "[dense: 3, softmax, dropout: 0.5, dense: 3, softmax, cross_entropy]",
        "[dense: 3, sigmoid, dropout: 0.5, dense: 3, binary_cross_entropy]",
        "[dense: 3, sigmoid, dropout: 0.2, mse]",
        "[dense: 3, softmax, dropout: 0.2, mae]",
        "[dense: 3, tanh, huber]",
        "[dense: 3, sigmoid, sigmoid, mse]",
    ],
)
def test_nothing_is_said_of(text: str) -> None:
    assert model_of(text, (4,), classes=3).ending.remarks == ()
