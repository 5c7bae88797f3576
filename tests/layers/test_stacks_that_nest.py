"""Stacks within stacks: what they compute, against the formula written out; names, sharing, scopes; what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from support.networks import first_state, label, model_of, shaken, values_of

from netcli.graph import Array
from netcli.layers.placing import StackError
from netcli.layers.stack import Model

SHAPE = (3, 4, 4)


def computed(
    text: str, *, shape: tuple[int, ...] = SHAPE, target: tuple[int, ...] | None = None
) -> tuple[Array, Array, dict[str, Array]]:
    """An input, the output of a stack on it, and the values of its variables, drawn at random."""
    model = built(text, shape, target)
    generator = np.random.default_rng(0)
    x = generator.normal(size=(5, *shape))
    state = shaken(first_state(model), model, generator)
    output = model.evaluation.layers[-2][1] if "/" not in model.evaluation.layers[-2][0].name else model.evaluation.prediction
    wanted = model.evaluation.prediction.shape
    y = values_of({"y": model.evaluation.prediction}, state, {"input": x, "target": np.zeros((5, *wanted))})["y"]
    assert output.shape == wanted
    return x, y, dict(state.values)


def built(text: str, shape: tuple[int, ...] = SHAPE, target: tuple[int, ...] | None = None) -> Model:
    """The model of a stack whose output has the shape `target`, that of its input by default."""
    return model_of(f"[{text}, mse]", shape, target=shape if target is None else target)


def through(x: Array, values: dict[str, Array], name: str) -> Array:
    """A convolution with a kernel of 1 × 1, by its definition."""
    weight, bias = values[f"{name}/weight"][:, :, 0, 0], values[f"{name}/bias"]
    return np.einsum("nchw,fc->nfhw", x, weight) + bias[:, None, None]


CONV = "conv: {filters: 3, kernel: 1}"


def test_a_residual_adds_its_input() -> None:
    x, y, values = computed(f"residual: [{CONV}, tanh]")
    np.testing.assert_allclose(y, x + np.tanh(through(x, values, "residual1/conv1")), rtol=1e-12)


def test_a_residual_with_a_shortcut() -> None:
    x, y, values = computed(f"residual: {{layers: [{CONV}, tanh], shortcut: [{CONV}]}}")
    expected = np.tanh(through(x, values, "residual1/conv1")) + through(x, values, "residual1/shortcut/conv1")
    np.testing.assert_allclose(y, expected, rtol=1e-12)


def test_copies_have_weights_of_their_own() -> None:
    x, y, values = computed(f"repeat: {{times: 3, layers: [{CONV}, tanh]}}")
    for number in (1, 2, 3):
        x = np.tanh(through(x, values, f"repeat1/{number}/conv1"))
    np.testing.assert_allclose(y, x, rtol=1e-12)
    assert not np.array_equal(values["repeat1/1/conv1/weight"], values["repeat1/2/conv1/weight"])


@pytest.mark.parametrize("join", ["concat", "add", "multiply"])
def test_branches_are_joined_in_the_order_of_the_list(join: str) -> None:
    paths = f"[z: [{CONV}], same: [], a: [{CONV}, tanh]]"
    x, y, values = computed(f"branch: {{paths: {paths}, join: {join}}}", target=(9, 4, 4) if join == "concat" else SHAPE)
    parts = [through(x, values, "branch1/z/conv1"), x, np.tanh(through(x, values, "branch1/a/conv1"))]
    expected = {"concat": np.concatenate(parts, axis=1), "add": sum(parts), "multiply": np.prod(parts, axis=0)}[join]
    np.testing.assert_allclose(y, expected, rtol=1e-12)


def test_channels_are_weighed_by_a_branch() -> None:
    """Squeeze and excitation: one value per channel."""
    x, y, values = computed("branch: {paths: [x: [], gate: [global_avgpool, dense: 3, sigmoid]], join: multiply}")
    mean = x.mean(axis=(2, 3)) @ values["branch1/gate/dense1/weight"] + values["branch1/gate/dense1/bias"]
    np.testing.assert_allclose(y, x * (1 / (1 + np.exp(-mean)))[:, :, None, None], rtol=1e-12)


@pytest.mark.parametrize("word", ["add", "multiply", "concat"])
def test_an_earlier_layer_is_joined_by_its_name(word: str) -> None:
    target = (6, 4, 4) if word == "concat" else SHAPE
    x, y, values = computed(f"conv: {{filters: 3, kernel: 1, name: skip}}, tanh, {word}: skip", target=target)
    skip = through(x, values, "skip")
    late = np.tanh(skip)
    expected = {"add": late + skip, "multiply": late * skip, "concat": np.concatenate([late, skip], axis=1)}[word]
    np.testing.assert_allclose(y, expected, rtol=1e-12)


def test_a_name_of_a_stack_around_is_seen_within() -> None:
    x, y, values = computed(f"conv: {{filters: 3, kernel: 1, name: skip}}, tanh, residual: [{CONV}, add: skip]")
    skip = through(x, values, "skip")
    late = np.tanh(skip)
    np.testing.assert_allclose(y, late + through(late, values, "residual1/conv1") + skip, rtol=1e-12)


def test_again_has_the_same_weights_and_no_more() -> None:
    text = "conv: {filters: 3, kernel: 1, name: tower}, tanh, again: tower"
    x, y, values = computed(text)
    np.testing.assert_allclose(y, through(np.tanh(through(x, values, "tower")), values, "tower"), rtol=1e-12)
    assert [label(w) for w in built(text).parameters] == ["tower/weight", "tower/bias"]


def test_again_shares_all_that_is_within() -> None:
    text = f"residual: {{layers: [{CONV}], name: tower}}, again: tower"
    x, y, values = computed(text)
    first = x + through(x, values, "tower/conv1")
    np.testing.assert_allclose(y, first + through(first, values, "tower/conv1"), rtol=1e-12)
    assert [label(w) for w in built(text).parameters] == ["tower/conv1/weight", "tower/conv1/bias"]


def test_a_weight_that_is_used_twice_is_penalised_once() -> None:
    once, twice = (
        model_of(f"[{text}, mse]", SHAPE, target=SHAPE, weight_decay=0.5)
        for text in (f"{CONV}, tanh", "conv: {filters: 3, kernel: 1, name: tower}, again: tower")
    )
    penalties = []
    for model in (once, twice):
        state = first_state(model)
        name = next(iter(model.parameters)).op.label  # type: ignore[attr-defined]
        state.values[name][...] = 1.0
        feeds = {"input": np.ones((2, *SHAPE)), "target": np.zeros((2, *SHAPE))}
        found = values_of({"o": model.training.objective, "l": model.training.loss}, state, feeds)
        penalties.append(float(found["o"] - found["l"]))
    assert penalties == [pytest.approx(0.25 * 9)] * 2


def test_names_are_paths() -> None:
    model = built(f"repeat: {{name: stage, times: 2, layers: [residual: [{CONV}], {{relu: {{name: end}}}}]}}")
    assert [placed.name for placed, _ in model.training.layers] == [
        "stage", "stage/1/residual1", "stage/1/residual1/conv1", "stage/1/end", "stage/2/residual1",
        "stage/2/residual1/conv1", "stage/2/end", "mse1",
    ]  # fmt: skip
    assert [placed.depth for placed, _ in model.training.layers] == [0, 1, 2, 1, 1, 2, 1, 0]


def test_each_layer_is_where_it_was_made() -> None:
    model = built(f"residual: [{CONV}, tanh]")
    origins = {placed.name: node.origin.layer for placed, node in model.training.layers}
    assert origins == {name: name for name in origins}


def test_the_softmax_of_a_stack_within_is_one() -> None:
    """The loss takes logits: the softmax in front of it is found in a repeat as well."""
    plain, nested = (
        model_of(f"[flatten, {text}, cross_entropy]", SHAPE, classes=4)
        for text in ("dense: 4, softmax", "repeat: {times: 1, layers: [dense: 4, softmax]}")
    )
    feeds = {"input": np.random.default_rng(1).normal(size=(6, *SHAPE)), "target": np.arange(6, dtype=np.int32) % 4}
    losses = []
    for model in (plain, nested):
        state = first_state(model)
        generator = np.random.default_rng(2)
        for w in model.parameters:
            state.values[label(w)][...] = generator.normal(size=w.shape)
        losses += [float(values_of({"l": n.loss}, state, feeds)["l"]) for n in (model.training, model.evaluation)]
    assert losses == [pytest.approx(losses[0], rel=1e-14)] * 4


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "residual: [conv: {filters: 4, kernel: 1}]",
            (
                "residual1: residual adds values of one shape, found 4×4×4 (layers) to 3×4×4 (shortcut)\n"
                "  bring them to one shape, such as with conv: {kernel: 1}\n"
                "  shapes: input 3×4×4 → residual1 ✗\n"
                "  shapes in residual1: 3×4×4 → conv1 4×4×4\n"
                "  shapes in residual1/shortcut: 3×4×4"
            ),
        ),
        (
            "residual: [flatten, conv: 3]",
            (
                "residual1/conv1: conv expected images (channels, rows, columns), found 48\n"
                "  put conv before flatten, or reshape the data to [channels, rows, columns] first\n"
                "  shapes in residual1: 3×4×4 → flatten1 48 → conv1 ✗"
            ),
        ),
        (
            "conv: {filters: 3, kernel: 1, name: skip}, add: skpi",
            'add1: no layer before it is called "skpi"\n  did you mean "skip"?\n  shapes: input 3×4×4 → skip 3×4×4 → add1 ✗',
        ),
        (
            f"{CONV}, add: conv1",
            (
                'add1: no layer before it is called "conv1"\n'
                "  give an earlier layer the name: {name: conv1}\n"
                "  shapes: input 3×4×4 → conv1 3×4×4 → add1 ✗"
            ),
        ),
        (
            "residual: [conv: {filters: 3, kernel: 1, name: inside}], add: inside",
            (
                'add1: no layer before it is called "inside"\n'
                "  give an earlier layer the name: {name: inside}\n"
                "  shapes: input 3×4×4 → residual1 3×4×4 → add1 ✗"
            ),
        ),
        (
            "batchnorm: {name: bn}, again: bn",
            (
                "again1: bn/running_mean would be updated twice in a step, once for each use of again1\n"
                "  running statistics are those of one place: give this place a normalisation of its own\n"
                "  shapes: input 3×4×4 → bn 3×4×4 → again1 ✗"
            ),
        ),
        (
            "branch: [a: [maxpool: 2], b: []]",
            (
                "branch1: branch puts channels side by side, found 3×2×2 (a) and 3×4×4 (b)\n"
                "  all but the channels must be equal: bring them to one size, such as with padding: same, maxpool or "
                "upsample\n"
                "  shapes: input 3×4×4 → branch1 ✗\n"
                "  shapes in branch1/a: 3×4×4 → maxpool1 3×2×2\n"
                "  shapes in branch1/b: 3×4×4"
            ),
        ),
        (
            "residual: [relu, mse]",
            "the loss mse must be the last layer of the main stack, and the only loss\n  remove it, or put it at the end",
        ),
        (
            "repeat: {times: 2, layers: [relu: {name: relu1}, relu, relu: {name: relu2}]}",
            'two layers of one stack are called "relu2"\n  rename one',
        ),
    ],
)
def test_refused(text: str, message: str) -> None:
    with pytest.raises(StackError) as caught:
        built(text)
    assert str(caught.value) == f"error: {message}"
