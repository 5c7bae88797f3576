"""From a stack to two graphs: names, shared variables, what belongs to which layer, standardised inputs."""

from __future__ import annotations

import numpy as np
import pytest
from support.networks import first_state, label, layers_of, model_of, numbered, value_of

from netcli.graph import DType, Graph, TensorType, verify
from netcli.layers.layer import LAYERS
from netcli.layers.placing import local_names
from netcli.layers.stack import Inputs, build_model

STACK = """[conv: {filters: 4, name: eyes}, batchnorm, relu, dropout: 0.2, maxpool: 2, flatten,
  dense: 6, relu, dense: {units: 3, name: out.put-1}, softmax, cross_entropy]"""


def test_names() -> None:
    """A type and its number among those of its type, whether they have names or not."""
    names = local_names(layers_of("[conv: 2, relu, {conv: {filters: 2, name: mine}}, relu, conv: 2, mse]"))
    assert names == ["conv1", "relu1", "mine", "relu2", "conv3", "mse1"]


def test_lines_are_kept() -> None:
    stack = layers_of("[dense: 2, mse]")
    real = TensorType((2,), "float32", varying=True)
    model = build_model(stack, Inputs(real, real, None, 1.0, np.zeros(1), np.ones(1)), locate=numbered(stack, 7))
    assert [(item.name, item.line) for item, _ in model.training.layers] == [("dense1", 7), ("mse1", 8)]
    assert {node.origin.line for node in Graph(model.training.outputs).nodes if node.origin.layer == "dense1"} == {7}


def test_parameters_in_the_order_of_layers() -> None:
    model = model_of(STACK, (1, 6, 6), classes=3)
    assert [label(node) for node in model.parameters] == [
        "eyes/weight", "eyes/bias", "batchnorm1/scale", "batchnorm1/shift",
        "dense1/weight", "dense1/bias", "out.put-1/weight", "out.put-1/bias",
    ]  # fmt: skip
    assert list(model.variables)[:4] == ["seed", "step", "input/mean", "input/deviation"]


def test_training_and_evaluation_share_their_variables() -> None:
    model = model_of(STACK, (1, 6, 6), classes=3)
    training = Graph(model.training.outputs, model.training.updates).variables
    evaluation = Graph(model.evaluation.outputs).variables
    assert set(training) == set(model.variables.values())
    assert set(evaluation) == set(model.variables.values()) - {model.seed, model.step}
    assert len({label(node) for node in training}) == len(training)


@pytest.mark.parametrize("part", ["training", "evaluation"])
def test_both_graphs_are_well_formed(part: str) -> None:
    network = getattr(model_of(STACK, (1, 6, 6), classes=3, dtype="float32"), part)
    verify(Graph({**network.outputs, "objective": network.objective, "prediction": network.prediction}, network.updates))
    assert network.loss.type == TensorType((), "float32")
    assert network.prediction.type == TensorType((3,), "float32", varying=True)
    assert all(metric.type == TensorType((), "float32") for metric in network.metrics.values())


def test_outputs_of_layers() -> None:
    model = model_of(STACK, (1, 6, 6), classes=3)
    shapes = {placed.name: node.shape for placed, node in model.evaluation.layers}
    assert shapes == {
        "eyes": (4, 4, 4), "batchnorm1": (4, 4, 4), "relu1": (4, 4, 4), "dropout1": (4, 4, 4), "maxpool1": (4, 2, 2),
        "flatten1": (16,), "dense1": (6,), "relu2": (6,), "out.put-1": (3,), "softmax1": (3,), "cross_entropy1": (),
    }  # fmt: skip


def test_nodes_belong_to_the_layers_that_made_them() -> None:
    model = model_of(STACK, (1, 6, 6), classes=3)
    for placed, node in model.training.layers:
        assert node.origin.layer == placed.name
        assert node.origin.phase == "forward"
    assert {node.origin.layer for node in Graph(model.training.outputs).nodes} >= {"input", "cross_entropy1"}


def test_two_models_of_one_stack_are_two() -> None:
    first, second = (model_of("[dense: 2, mse]", (3,), target=(2,)) for _ in range(2))
    assert not set(first.variables.values()) & set(second.variables.values())


@pytest.mark.parametrize("word", LAYERS.members)
def test_name_is_a_setting_of_every_layer(word: str) -> None:
    assert "name" in LAYERS.members[word].model_fields


# ---- inputs ----


@pytest.mark.parametrize(("input_dtype", "dtype"), [("uint8", "float32"), ("uint8", "float64"), ("float32", "float32")])
@pytest.mark.parametrize("granularity", ["all", "channel", "feature"])
def test_inputs_are_standardised(granularity: str, input_dtype: DType, dtype: DType) -> None:
    """(x · scale - mean) / deviation; mean and deviation are of the scaled inputs."""
    generator = np.random.default_rng(0)
    x = generator.integers(0, 256, (5, 2, 3, 4)).astype(input_dtype)
    shape = {"all": (1, 1, 1), "channel": (2, 1, 1), "feature": (2, 3, 4)}[granularity]
    mean, deviation = generator.uniform(0.3, 0.6, shape), generator.uniform(0.1, 0.4, shape)
    model = model_of(
        "[reshape: [2, 12], flatten, mse]",
        (2, 3, 4),
        target=(24,),
        input_dtype=input_dtype,
        dtype=dtype,
        standardised=(1 / 255, mean, deviation),
    )
    feeds = {"input": x, "target": np.zeros((5, 24), dtype)}
    expected = (x.astype("float64") / 255 - mean) / deviation
    for network in (model.training, model.evaluation):
        found = value_of(network.layers[1][1], first_state(model), feeds)
        assert found.dtype == dtype
        np.testing.assert_allclose(found, expected.reshape(5, 24), rtol=1e-5, atol=1e-5 if dtype == "float32" else 1e-12)


def test_statistics_of_inputs_are_kept_with_the_weights_and_not_trained() -> None:
    model = model_of("[dense: 1, mse]", (3,), target=(1,), standardised=(0.5, [1.0, 2.0, 3.0], [0.1, 0.2, 0.3]))
    state = first_state(model)
    assert not {"input/mean", "input/deviation"} & {label(node) for node in model.parameters}
    x = np.array([[10.0, 20.0, 30.0]])
    feeds = {"input": x, "target": np.zeros((1, 1))}
    z = value_of(model.evaluation.layers[0][1], state, feeds)
    standardised = (x * 0.5 - [1.0, 2.0, 3.0]) / [0.1, 0.2, 0.3]
    np.testing.assert_allclose(z, standardised @ state.values["dense1/weight"], rtol=1e-12)
