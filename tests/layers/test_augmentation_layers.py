"""Random flips and shifts: what they do to an image, how often, and when they do another thing."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
import pytest
from support.networks import first_state, model_of, value_of

from netcli.graph import Array, Graph
from netcli.layers.stack import Model
from netcli.ops.random_uniform import RandomUniform

N, SHAPE = 2000, (2, 4, 3)
SHIFTS = "random_shift: {pixels: [2, 1], fill: %s}"
EVERY = ["random_flip", "random_flip: both", "random_shift: 1", SHIFTS % "edge"]


def network(text: str, **options: object) -> Model:
    return model_of(f"[{text}, flatten, dense: 1, mse]", SHAPE, target=(1,), **options)  # type: ignore[arg-type]


def images(n: int = N) -> Array:
    """No two pixels are alike, and no image is symmetric."""
    return np.random.default_rng(0).normal(size=(n, *SHAPE))


def seen(model: Model, x: Array, *, layer: int = 0, seed: int = 0, step: int = 0, training: bool = True) -> Array:
    """The output of a layer."""
    state = first_state(model, seed)
    state.values["step"][...] = step
    made = (model.training if training else model.evaluation).layers[layer][1]
    return value_of(made, state, {"input": x, "target": np.zeros((len(x), 1), x.dtype)})


#: What may become of an image, by the setting.
Outcomes = Mapping[object, Callable[[Array], Array]]
FLIPS: dict[str, Outcomes] = {
    "horizontal": {"": lambda x: x, "h": lambda x: x[..., ::-1]},
    "vertical": {"": lambda x: x, "v": lambda x: x[..., ::-1, :]},
    "both": {
        "": lambda x: x, "h": lambda x: x[..., ::-1], "v": lambda x: x[..., ::-1, :], "hv": lambda x: x[..., ::-1, ::-1],
    },
}  # fmt: skip


def shifted(rows: int, columns: int, mode: str) -> Callable[[Array], Array]:
    """Cut out of an image that was made larger on all sides."""

    def outcome(x: Array) -> Array:
        larger = np.pad(x, [(0, 0), (0, 0), (2, 2), (1, 1)], mode=mode)  # type: ignore[call-overload]
        return larger[..., 2 - rows : 6 - rows, 1 - columns : 4 - columns]

    return outcome


def shifts(mode: str) -> Outcomes:
    return {(r, c): shifted(r, c, mode) for r in range(-2, 3) for c in range(-1, 2)}


def outcomes(y: Array, x: Array, possible: Outcomes) -> list[object]:
    """What became of each image; it must be one of the possible things, all channels alike."""
    matches = {name: (f(x) == y).all((1, 2, 3)) for name, f in possible.items()}
    assert (np.sum(list(matches.values()), axis=0) == 1).all()
    names = list(matches)
    return [names[i] for i in np.argmax(list(matches.values()), axis=0)]


def assert_shares(found: list[object], expected: Mapping[object, float]) -> None:
    """Binomial shares, each within five deviations."""
    for name, share in expected.items():
        spread = math.sqrt(share * (1 - share) / len(found))
        assert abs(found.count(name) / len(found) - share) <= 5 * spread, name


@pytest.mark.parametrize(
    ("text", "direction", "expected"),
    [
        ("random_flip", "horizontal", {"h": 0.5}),
        ("random_flip: vertical", "vertical", {"v": 0.5}),
        ("random_flip: both", "both", {"": 0.25, "h": 0.25, "v": 0.25, "hv": 0.25}),
        ("random_flip: {probability: 0.1}", "horizontal", {"h": 0.1}),
        ("random_flip: {direction: both, probability: 0.9}", "both", {"": 0.01, "h": 0.09, "v": 0.09, "hv": 0.81}),
        ("random_flip: {direction: both, probability: 0}", "both", {"": 1}),
        ("random_flip: {direction: both, probability: 1}", "both", {"hv": 1}),
    ],
)
def test_flips(text: str, direction: str, expected: Mapping[object, float]) -> None:
    x = images()
    assert_shares(outcomes(seen(network(text), x), x, FLIPS[direction]), expected)


@pytest.mark.parametrize(("fill", "mode"), [("edge", "edge"), ("zero", "constant")])
def test_shifts(fill: str, mode: str) -> None:
    """Fifteen of them, each as likely."""
    x = images()
    found = outcomes(seen(network(SHIFTS % fill), x), x, shifts(mode))
    assert_shares(found, dict.fromkeys(shifts(mode), 1 / 15))


def test_zero_comes_in_by_default() -> None:
    x = images(50)
    np.testing.assert_array_equal(seen(network("random_shift: [2, 1]"), x), seen(network(SHIFTS % "zero"), x))


@pytest.mark.parametrize("pixels", ["0", "[0, 1]", "[2, 0]"])
def test_no_shift_along_an_axis_that_has_none(pixels: str) -> None:
    x = images(200)
    found = outcomes(seen(network(f"random_shift: {{pixels: {pixels}, fill: zero}}"), x), x, shifts("constant"))
    rows, columns = {r for r, _ in found}, {c for _, c in found}  # type: ignore[misc,has-type]
    expected = {"0": ({0}, {0}), "[0, 1]": ({0}, {-1, 0, 1}), "[2, 0]": ({-2, -1, 0, 1, 2}, {0})}
    assert (rows, columns) == expected[pixels]


def test_zero_is_the_mean_of_standardised_inputs() -> None:
    model = network("random_shift: {pixels: [3, 0], fill: zero}", standardised=(1.0, 5.0, 2.0))
    x = np.full((100, *SHAPE), 9.0)
    assert set(np.unique(seen(model, x))) == {0.0, 2.0}


@pytest.mark.parametrize("text", EVERY)
def test_evaluation_is_the_identity(text: str) -> None:
    model, x = network(text), images(20)
    np.testing.assert_array_equal(seen(model, x, training=False), x)
    assert not any(isinstance(node.op, RandomUniform) for node in Graph(model.evaluation.outputs).nodes)
    assert any(isinstance(node.op, RandomUniform) for node in Graph(model.training.outputs).nodes)


@pytest.mark.parametrize("text", EVERY)
def test_every_step_and_every_seed_does_another_thing_and_the_same_the_same(text: str) -> None:
    model, x = network(text), images(200)
    first = seen(model, x, step=7, seed=1)
    np.testing.assert_array_equal(seen(model, x, step=7, seed=1), first)
    for step, seed in [(8, 1), (7, 2)]:
        assert (seen(model, x, step=step, seed=seed) != first).any((1, 2, 3)).mean() > 0.3


@pytest.mark.parametrize("text", EVERY)
def test_a_smaller_batch_is_the_beginning_of_a_larger_one(text: str) -> None:
    model, x = network(text), images(40)
    np.testing.assert_array_equal(seen(model, x[:7]), seen(model, x)[:7])


def test_two_layers_draw_for_themselves() -> None:
    """Were they to draw the same, two flips would be none."""
    x = images()
    found = outcomes(seen(network("random_flip, random_flip"), x, layer=1), x, FLIPS["horizontal"])
    assert_shares(found, {"h": 0.5})


def test_rows_and_columns_are_independent() -> None:
    x = images()
    found = outcomes(seen(network("random_shift: {pixels: 1, fill: zero}"), x), x, shifts("constant"))
    assert_shares(found, {(r, c): 1 / 9 for r in (-1, 0, 1) for c in (-1, 0, 1)})


@pytest.mark.parametrize("text", EVERY)
def test_float32_and_float64_do_the_same(text: str) -> None:
    x = images(300).astype("float32")
    single, double = seen(network(text, dtype="float32"), x), seen(network(text), x.astype("float64"))
    np.testing.assert_array_equal(single.astype("float64"), double)
