"""What each loss says a network without knowledge has, against the loss's own graph on constant predictions, and formulae."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from support.cases import LAYER_CASES
from support.networks import first_state, layers_of, model_of, values_of

from netcli.graph import Array, Graph
from netcli.layers.layer import LAYERS, Baseline, Loss

#: Every loss alone, on vectors that are short, since the search goes along one axis after the other: its text, outputs,
#: classes (None: values).
VARIANTS = sorted(
    {
        (variant.text, variant.shape[0], variant.classes)
        for word, case in LAYER_CASES.items()
        if issubclass(LAYERS.members[word], Loss)
        for variant in (*case.variants, *case.parity)
        if len(layers_of(variant.stack)) == 1 and variant.shape in {(1,), (2,), (3,)} and variant.target
    },
    key=str,
)


def test_every_loss_is_here() -> None:
    words = {layers_of(f"[{text}]")[0].word for text, _, _ in VARIANTS}
    assert words == {word for word, kind in LAYERS.members.items() if issubclass(kind, Loss)}


def targets_of(outputs: int, classes: int | None) -> Array:
    """Uneven classes; skewed values of 0 to 1, an odd number of them, so that the median is one of them."""
    generator = np.random.default_rng(7)
    if classes:
        shares = 0.5 ** np.arange(classes)
        return generator.choice(classes, 41, p=shares / shares.sum())
    return generator.beta(1, 4, (41, outputs))


def baseline_of(text: str, targets: Array, classes: int | None) -> Baseline | None:
    loss = layers_of(f"[{text}]")[0]
    assert isinstance(loss, Loss)
    return loss.baseline(targets, classes)


def loss_of_constants(text: str, outputs: int, targets: Array, classes: int | None) -> Callable[[Array], float]:
    """The loss that netcli computes where every example is predicted the same numbers (logits, for probabilities)."""
    model = model_of(f"[{text}]", (outputs,), classes=classes, target=targets.shape[1:])
    state, target = first_state(model), targets.astype("int32" if classes else "float64")

    def loss(constant: Array) -> float:
        feeds = {"input": np.tile(constant, (len(targets), 1)), "target": target}
        return float(values_of({"loss": model.training.loss}, state, feeds)["loss"])

    assert Graph({"loss": model.training.loss}).placeholders
    return loss


def least(loss: Callable[[Array], float], outputs: int) -> float:
    """The minimum of a convex function: one coordinate after the other, each by golden sections of -8 to 8."""
    ratio, constant = (math.sqrt(5) - 1) / 2, np.zeros(outputs)
    for _ in range(12 if outputs > 1 else 1):
        for place in range(outputs):

            def along(value: float, place: int = place) -> float:
                return loss(np.where(np.arange(outputs) == place, value, constant))

            low, high = -8.0, 8.0
            while high - low > 1e-6:
                left, right = high - ratio * (high - low), low + ratio * (high - low)
                low, high = (low, right) if along(left) < along(right) else (left, high)
            constant[place] = (low + high) / 2
    return loss(constant)


@pytest.mark.parametrize(("text", "outputs", "classes"), VARIANTS)
def test_the_constant_is_the_best_one(text: str, outputs: int, classes: int | None) -> None:
    """The search is exact to 1e-6 in the constant: of the order of that for mae, of its square where the loss is smooth."""
    targets = targets_of(outputs, classes)
    baseline = baseline_of(text, targets, classes)
    assert baseline is not None
    assert baseline.constant == pytest.approx(least(loss_of_constants(text, outputs, targets, classes), outputs), abs=2e-6)


@pytest.mark.parametrize(("text", "outputs", "classes"), VARIANTS)
def test_the_start(text: str, outputs: int, classes: int | None) -> None:
    """Equal probabilities, which logits of 0 give; of values the constant itself."""
    targets = targets_of(outputs, classes)
    baseline, loss = baseline_of(text, targets, classes), layers_of(f"[{text}]")[0]
    assert baseline is not None
    assert isinstance(loss, Loss)
    expected = loss_of_constants(text, outputs, targets, classes)(np.zeros(outputs)) if loss.reads else baseline.constant
    assert baseline.start == pytest.approx(expected, rel=1e-12)


def test_cross_entropy_by_formula() -> None:
    """Labels 0, 0, 0, 1: frequencies of 3/4 and 1/4; a third class that has no example adds nothing."""
    entropy = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25))
    labels = np.array([0, 0, 0, 1])
    assert baseline_of("cross_entropy", labels, 2) == Baseline(pytest.approx(entropy, rel=1e-12), math.log(2), "ln 2")
    assert baseline_of("cross_entropy", labels, 3) == Baseline(pytest.approx(entropy, rel=1e-12), math.log(3), "ln 3")
    assert baseline_of("binary_cross_entropy", labels, 2) == Baseline(pytest.approx(entropy, rel=1e-12), math.log(2), "ln 2")


def test_labels_that_are_all_the_same() -> None:
    for text, *_ in VARIANTS:
        if "label_smoothing" not in text:
            baseline = baseline_of(text, np.array([1, 1, 1]), 2)
            assert baseline is not None
            assert baseline.constant == 0


def test_no_baseline_where_there_is_none() -> None:
    assert baseline_of("binary_cross_entropy", np.array([[0.5], [1.5]]), None) is None  # no probabilities
    assert baseline_of("cross_entropy", np.array([[0.5], [1.5]]), None) is None  # no labels
