"""Losses and their metrics, by their formulae; logits of any size; batches of any size."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from support.cases import LAYER_CASES
from support.members import Variant
from support.networks import first_state, label, model_of, values_of
from support.variants import batch_of

from netcli.autodiff import gradients
from netcli.graph import Array, DType
from netcli.layers.layer import LAYERS, Loss

#: Of ordinary sizes: a loss of logits of a thousand has no digits left to compare.
VARIANTS = [
    variant
    for word, case in LAYER_CASES.items()
    if issubclass(LAYERS.members[word], Loss)
    for variant in (*case.variants, *case.parity)
    if variant.scale < 10 and not variant.ties
]


def found(text: str, x: Array, y: Array, classes: int | None = None, dtype: DType = "float64") -> dict[str, Array]:
    """Loss, metrics, prediction and the loss's derivative to the inputs (`dx`)."""
    model = model_of(text, x.shape[1:], classes=classes, pixels=y.shape[1:], target=y.shape[1:], dtype=dtype)
    network = model.training
    (dx,) = gradients([network.loss], [model.input])
    nodes = {**network.outputs, "prediction": network.prediction, "dx": dx}
    target = y.astype("int32" if classes else dtype)
    return values_of(nodes, first_state(model), {"input": x.astype(dtype), "target": target})


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
@pytest.mark.parametrize("n", [1, 3, 33])
def test_loss_and_metrics_are_means_over_the_batch(variant: Variant, n: int) -> None:
    feeds = batch_of(variant, np.random.default_rng(n), n)
    x, y = feeds["input"], feeds["target"]
    together = found(variant.stack, x, y, variant.classes)
    alone = [found(variant.stack, x[i : i + 1], y[i : i + 1], variant.classes) for i in range(n)]
    for name in together.keys() - {"prediction", "dx"}:
        np.testing.assert_allclose(together[name], np.mean([one[name] for one in alone]), rtol=1e-12, err_msg=name)
    np.testing.assert_allclose(together["dx"], np.concatenate([one["dx"] for one in alone]) / n, rtol=1e-12, atol=1e-15)


def test_cross_entropy_of_pixels_is_that_of_each_pixel() -> None:
    """The same numbers with the pixels as examples: the mean over both."""
    generator = np.random.default_rng(3)
    x, y = generator.normal(0, 2, (4, 3, 2, 5)), generator.integers(0, 3, (4, 2, 5))
    every = np.moveaxis(x, 1, -1).reshape(-1, 3)
    for text in ("[cross_entropy]", "[cross_entropy: {label_smoothing: 0.2}]", "[mse]", "[mae]", "[huber: 0.5]"):
        images, vectors = found(text, x, y, 3), found(text, every, y.reshape(-1), 3)
        for name in images.keys() - {"prediction", "dx"}:
            np.testing.assert_allclose(images[name], vectors[name], rtol=1e-12, err_msg=f"{name} of {text}")
        for name in ("prediction", "dx"):
            by_pixel = np.moveaxis(images[name], 1, -1).reshape(-1, 3)
            np.testing.assert_allclose(by_pixel, vectors[name], rtol=1e-11, atol=1e-15, err_msg=f"{name} of {text}")


def test_a_mask_is_a_label_of_each_pixel() -> None:
    generator = np.random.default_rng(4)
    x, y = generator.normal(0, 2, (4, 1, 2, 3)), generator.integers(0, 2, (4, 2, 3))
    images = found("[sigmoid, binary_cross_entropy]", x, y, 2)
    vectors = found("[sigmoid, binary_cross_entropy]", x.reshape(-1, 1), y.reshape(-1), 2)
    for name in ("loss", "accuracy"):
        np.testing.assert_allclose(images[name], vectors[name], rtol=1e-12)


@pytest.mark.parametrize(("word", "size"), [("mse", lambda d: d**2), ("mae", np.abs)])
def test_a_loss_of_the_input_compares_with_the_standardised_input(word: str, size: Callable[[Array], Array]) -> None:
    x = np.array([[1.0, 2.0, 30.0], [-4.0, 0.0, 10.0]])
    model = model_of(f"[tanh, {word}: {{target: input}}]", (3,), classes=7, standardised=(2.0, 1.0, 4.0))
    nodes = {**model.training.outputs, "prediction": model.training.prediction}
    values = values_of(nodes, first_state(model), {"input": x})  # the labels are not even asked for
    z = (2 * x - 1) / 4
    np.testing.assert_allclose(values["prediction"], np.tanh(z), rtol=1e-12)
    assert values["loss"] == pytest.approx(size(np.tanh(z) - z).mean(), rel=1e-12)
    assert values["mae"] == pytest.approx(np.abs(np.tanh(z) - z).mean(), rel=1e-12)
    assert "accuracy" not in values
    assert model.classes is None


def test_cross_entropy_by_formula() -> None:
    x, y = np.array([[1.0, 2.0, 3.0], [0.5, 0.5, -1.0]]), np.array([0, 1])
    p = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
    values = found("[softmax, cross_entropy]", x, y, 3)
    assert values["loss"] == pytest.approx(-(math.log(p[0, 0]) + math.log(p[1, 1])) / 2, rel=1e-12)
    np.testing.assert_allclose(values["prediction"], p, rtol=1e-12)
    np.testing.assert_allclose(values["dx"], (p - np.eye(3)[y]) / 2, rtol=1e-12)
    assert values["accuracy"] == 0.0  # the second example has two greatest values, of which the first counts: 0, not 1
    assert found("[softmax, cross_entropy]", x, np.array([2, 0]), 3)["accuracy"] == 1.0


def test_label_smoothing_by_formula() -> None:
    x, y = np.array([[1.0, 2.0, 3.0]]), np.array([1])
    log_p = x[0] - math.log(np.exp(x).sum())
    expected = -(0.7 * log_p[1] + 0.3 * log_p.mean())
    assert found("[softmax, cross_entropy: {label_smoothing: 0.3}]", x, y, 3)["loss"] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("layers", ["softmax, ", "log_softmax, ", ""])
@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_cross_entropy_of_large_logits_in_float32(layers: str, smoothing: float) -> None:
    """The softmax of these is exactly 1, 0, 0 in float32, so its logarithm would be infinite."""
    x, y = np.array([[1e4, -1e4, 0.0]] * 3), np.array([0, 1, 2])
    values = found(f"[{layers}cross_entropy: {{label_smoothing: {smoothing}}}]", x, y, 3, "float32")
    losses = np.array([0.0, 2e4, 1e4])
    expected = ((1 - smoothing) * losses + smoothing * 1e4).mean()
    np.testing.assert_allclose(values["loss"], expected, rtol=1e-6)
    wanted = (1 - smoothing) * np.eye(3)[y] + smoothing / 3
    np.testing.assert_allclose(values["dx"], (np.array([1.0, 0.0, 0.0]) - wanted) / 3, rtol=1e-6, atol=1e-7)
    np.testing.assert_array_equal(values["prediction"], [[1.0, 0.0, 0.0]] * 3)


@pytest.mark.parametrize("layers", ["sigmoid, ", ""])
def test_binary_cross_entropy_of_large_logits_in_float32(layers: str) -> None:
    x, y = np.array([[1e4], [-1e4], [1e4], [-1e4]]), np.array([1, 1, 0, 0])
    values = found(f"[{layers}binary_cross_entropy]", x, y, 2, "float32")
    assert values["loss"] == (0.0 + 1e4 + 1e4 + 0.0) / 4
    np.testing.assert_array_equal(values["dx"][:, 0], [0.0, -0.25, 0.25, 0.0])
    np.testing.assert_array_equal(values["prediction"][:, 0], [1.0, 0.0, 1.0, 0.0])
    assert values["accuracy"] == 0.5


def test_binary_cross_entropy_by_formula() -> None:
    x, y = np.array([[0.3, -2.0], [1.5, 0.7]]), np.array([[1.0, 0.25], [0.0, 0.9]])
    p = 1 / (1 + np.exp(-x))
    values = found("[sigmoid, binary_cross_entropy]", x, y)
    assert values["loss"] == pytest.approx(-(y * np.log(p) + (1 - y) * np.log(1 - p)).mean(), rel=1e-12)
    np.testing.assert_allclose(values["dx"], (p - y) / 4, rtol=1e-12)
    np.testing.assert_allclose(values["prediction"], p, rtol=1e-12)
    assert values["accuracy"] == 0.75  # right: 1, 0.25 and 0.9 are on the side of the probability; 0 is not


def test_binary_cross_entropy_reads_two_classes_as_the_second_ones_probability() -> None:
    x = np.array([[0.3], [-2.0]])
    as_labels = found("[sigmoid, binary_cross_entropy]", x, np.array([1, 0]), 2)
    as_values = found("[sigmoid, binary_cross_entropy]", x, np.array([[1.0], [0.0]]))
    for name, value in as_labels.items():
        np.testing.assert_array_equal(value, as_values[name], err_msg=name)


def test_losses_of_values_by_formula() -> None:
    x, y = np.array([[1.0, -2.0], [0.5, 3.0]]), np.array([[1.5, 1.0], [0.5, 2.0]])
    d = x - y  # -0.5, -3, 0, 1
    assert found("[mse]", x, y)["loss"] == pytest.approx((d**2).mean())
    assert found("[mae]", x, y)["loss"] == pytest.approx(np.abs(d).mean())
    huber = (0.5 * 0.5**2 + 1.0 * (3.0 - 0.5) + 0.0 + 0.5) / 4
    assert found("[huber]", x, y)["loss"] == pytest.approx(huber)
    for text in ("[mse]", "[mae]", "[huber]"):
        values = found(text, x, y)
        assert values["mae"] == pytest.approx(np.abs(d).mean())
        assert "accuracy" not in values
        np.testing.assert_array_equal(values["prediction"], x)
    np.testing.assert_array_equal(found("[mae]", x, y)["dx"], np.array([[-1.0, -1.0], [0.0, 1.0]]) / 4)


def test_losses_of_values_take_labels_as_zeros_and_a_one() -> None:
    x, y = np.array([[0.2, 0.7, 0.1], [0.9, 0.0, 0.3]]), np.array([1, 2])
    values = found("[mse]", x, y, 3)
    assert values["loss"] == pytest.approx(((x - np.eye(3)[y]) ** 2).mean())
    assert values["accuracy"] == 0.5
    assert "mae" not in values


def test_one_number_per_example_may_be_a_target_without_axes() -> None:
    x, y = np.array([[1.0], [4.0]]), np.array([0.0, 2.0])
    assert found("[mse]", x, y)["loss"] == pytest.approx((1.0 + 4.0) / 2)


# ---- penalties ----

STACK = "[dense: {units: 3, name: a}, batchnorm, dense: {units: 2, name: b, weight_decay: 0.5, l1: 0.0}, mse]"


def penalty_of(stack: str, **strengths: float) -> tuple[float, dict[str, Array], dict[str, Array]]:
    """What the objective is more than the loss; the weights; the outputs."""
    model = model_of(stack, (4,), target=(2,), **strengths)
    state = first_state(model)
    for node in model.parameters:
        state.values[label(node)][...] = np.random.default_rng(1).normal(size=node.shape)
    feeds = {"input": np.ones((2, 4)), "target": np.zeros((2, 2))}
    values = values_of({"objective": model.training.objective, "loss": model.training.loss}, state, feeds)
    return (values["objective"] - values["loss"]).item(), state.values, values


def test_penalties_by_formula() -> None:
    added, w, _ = penalty_of(STACK, weight_decay=0.3, l1=0.2)
    a, b = w["a/weight"], w["b/weight"]
    expected = 0.15 * (a**2).sum() + 0.2 * np.abs(a).sum() + 0.25 * (b**2).sum()
    assert added == pytest.approx(expected, rel=1e-12)


def test_biases_scales_and_shifts_are_not_penalised() -> None:
    assert penalty_of("[dense: {units: 2, weight_decay: 0.0, l1: 0.0}, batchnorm, mse]", weight_decay=1.0, l1=1.0)[0] == 0.0


def test_without_penalties_the_objective_is_the_loss() -> None:
    model = model_of("[dense: 2, mse]", (4,), target=(2,))
    assert model.training.objective is model.training.loss


def test_the_loss_is_without_penalties() -> None:
    *_, plain = penalty_of(STACK.replace("weight_decay: 0.5, ", ""))
    *_, penalised = penalty_of(STACK, weight_decay=0.3, l1=0.2)
    assert plain["loss"] == penalised["loss"]
