"""What holds for every variant of every layer: two well-formed graphs, right derivatives, finite numbers, one example alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.cases import LAYER_CASES, LAYER_VARIANTS
from support.members import Variant
from support.networks import first_state, label, layers_of, shaken, values_of
from support.variants import batch_of, generator_of, model_of_variant

from netcli.autodiff import gradients
from netcli.autodiff.gradcheck import CheckSettings, check_graph
from netcli.executors.numpy import leaf_values
from netcli.executors.numpy import values_of as computed
from netcli.graph import Array, DType, Graph, TensorType, verify
from netcli.layers.placing import StackError

every_variant = pytest.mark.parametrize("variant", LAYER_VARIANTS, ids=str)


@every_variant
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_both_graphs_are_well_formed(variant: Variant, dtype: DType) -> None:
    model = model_of_variant(variant, dtype)
    shapes = []
    for network in (model.training, model.evaluation):
        verify(Graph({**network.outputs, "objective": network.objective, "prediction": network.prediction}, network.updates))
        assert network.loss.type == TensorType((), dtype)
        assert network.prediction.type.dtype == dtype
        assert network.prediction.type.varying
        shapes.append([(placed.name, node.type) for placed, node in network.layers])
    assert shapes[0] == shapes[1], "a layer's output has another type in evaluation"
    assert not model.evaluation.updates
    assert {label(node) for node in Graph(model.evaluation.outputs).variables} <= set(model.variables)


@every_variant
def test_derivatives(variant: Variant) -> None:
    """Of the objective by every parameter and the input, against finite differences, in both modes."""
    generator, model = generator_of(variant), model_of_variant(variant)
    objective = model.training.objective
    graph = Graph({"objective": objective})
    state = shaken(first_state(model, 0, graph), model, generator)
    leaves = leaf_values(graph, state, batch_of(variant, generator))
    xs = [*model.parameters, model.input]
    checks = check_graph(
        objective, xs, leaves, computed, CheckSettings(second_order=False), [*map(label, model.parameters), "x"]
    )
    assert [check for check in checks if check.verdict == "fail"] == []


def gradients_of(variant: Variant, feeds: dict[str, Array], dtype: DType) -> dict[str, Array]:
    """The objective, and its derivatives by every parameter and the input, at the first weights."""
    model = model_of_variant(variant, dtype)
    objective, xs = model.training.objective, [*model.parameters, model.input]
    found = gradients([objective], xs, unconnected="zero")
    nodes = {"objective": objective, **{f"d {number}": dx for number, dx in enumerate(found)}}
    typed = {name: value.astype(dtype) if value.dtype == "float32" else value for name, value in feeds.items()}
    return values_of(nodes, first_state(model, 0, Graph(nodes)), typed)


@every_variant
@pytest.mark.parametrize("scale", [0.0, 1e-30, 1e4])
def test_inputs_of_any_size_have_finite_gradients_in_float32(variant: Variant, scale: float) -> None:
    """Those of float64, to three digits of the largest: no exponential that is not needed overflows into them."""
    feeds = batch_of(variant, generator_of(variant), dtype="float32")
    feeds["input"] = (feeds["input"] * scale).astype("float32")
    found, expected = (gradients_of(variant, feeds, dtype) for dtype in ("float32", "float64"))
    for name, value in expected.items():
        assert np.isfinite(found[name]).all(), name
        bound = 1e-3 * np.abs(value).max() + np.finfo("float32").tiny
        np.testing.assert_allclose(found[name], value, rtol=0, atol=bound, err_msg=name)


@every_variant
def test_in_evaluation_an_example_does_not_depend_on_the_others(variant: Variant) -> None:
    generator, model = generator_of(variant), model_of_variant(variant)
    state = shaken(first_state(model), model, generator)
    feeds = batch_of(variant, generator, 4)
    prediction = {"prediction": model.evaluation.prediction}
    together = values_of(prediction, state, feeds)["prediction"]
    for i in range(4):
        alone = values_of(prediction, state, {name: value[i : i + 1] for name, value in feeds.items()})["prediction"]
        np.testing.assert_allclose(alone[0], together[i], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("shape", [(7,), (3, 4), (2, 5, 6), (1, 1, 1), (2, 1, 1, 3)], ids=str)
@pytest.mark.parametrize("word", LAYER_CASES)
def test_inputs_of_any_shape_are_taken_or_refused_in_words(word: str, shape: tuple[int, ...]) -> None:
    """Refused means a message that names the layer and the shape, and a hint; never another error."""
    case = LAYER_CASES[word]
    for variant in case.variants:
        try:
            model = model_of_variant(replace(variant, shape=shape))
        except StackError as error:
            assert error.message
            assert error.written.loc[0] < len(layers_of(variant.stack))
            assert error.hint
            continue
        verify(Graph(model.training.outputs, model.training.updates))
