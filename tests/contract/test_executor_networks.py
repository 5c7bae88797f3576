"""Training steps of every layer, loss, optimizer and schedule: each as in float64 but for rounding, from the same state."""

from __future__ import annotations

from itertools import zip_longest

import numpy as np
import pytest
from support.agreement import assert_agrees
from support.cases import LAYER_CASES, LAYER_VARIANTS, OPTIMIZER_CASES, SCHEDULE_CASES
from support.members import Variant
from support.networks import first_state, label, model_of
from support.training import rule_of, step_of
from support.variants import batch_of, trainable_model_of

from netcli.executors import Executor, State
from netcli.graph import Array, Graph
from netcli.layers.stack import Model
from netcli.passes import optimize

#: Whole blocks and more, empty lanes, one example. The largest comes first, so that one compiled program serves all.
BATCHES = (100, 33, 1, 16, 17)
#: Of layers, of which there are many.
FEW = (33, 1)

#: Layers behind each other in ways that executors join, pad and store together. Labels of three classes.
IMAGES = {
    "plain": "conv: 5, relu, maxpool: 2, flatten, dense: 3, softmax, cross_entropy",
    "padded twice": "conv: {filters: 3, padding: same}, conv: {filters: 4, padding: 2, kernel: 4}, flatten, dense: 3, mse",
    "strided": "conv: {filters: 4, kernel: [2, 3], stride: [2, 1], padding: [0, 2]}, leaky_relu: 0.3, "
    "conv: {filters: 2, stride: 2, padding: same, bias: false}, flatten, dense: 3, mae",
    "dilated groups": "conv: {filters: 4, groups: 2, dilation: [2, 1], padding: same}, elu: 0.4, "
    "conv: {filters: 8, groups: 4, padding: 1, stride: 2}, silu, flatten, dense: 3, huber: 0.4",
    "reshaped": "flatten, reshape: [2, 6, 5], conv: {filters: 2, padding: same}, reshape: [5, -1, 3], "
    "conv: {filters: 3, padding: 1}, flatten, dense: 3, mse",
    "maxpools": "conv: 3, maxpool: {size: 3, stride: 1, padding: same}, conv: {filters: 3, padding: 1}, "
    "maxpool: {size: [2, 3], stride: [1, 2], padding: [1, 1]}, flatten, dense: 3, mse",
    "avgpools": "avgpool: {size: 2, stride: 1, padding: same}, conv: {filters: 3, padding: 1}, "
    "avgpool: {size: [4, 3], stride: 2, padding: [2, 1]}, gelu, global_avgpool, dense: 3, mse",
    "normed": "conv: {filters: 3, padding: same, bias: false}, batchnorm, relu, layernorm, dropout: 0.3, "
    "conv: {filters: 3, padding: same}, batchnorm: {scale: false, momentum: 0.7}, gelu, flatten, dense: 3, softmax, "
    "cross_entropy",
    "dense block": "conv: {filters: 4, padding: same}, repeat: {times: 2, layers: [branch: [old: [], "
    "new: [batchnorm, relu, conv: {filters: 3, padding: same}]]]}, batchnorm, relu, global_avgpool, dense: 3, softmax, "
    "cross_entropy",
    "inception": "branch: [a: [conv: {filters: 2, kernel: 1}, relu], b: [conv: {filters: 3, padding: same}, relu: 6], "
    "c: [maxpool: {size: 3, stride: 1, padding: same}, conv: {filters: 2, kernel: 1}, prelu]], "
    "conv: {filters: 3, padding: same}, flatten, dense: 3, mse",
    "down and up": "conv: {filters: 3, padding: same, name: top}, maxpool: 2, conv: {filters: 4, padding: same}, groupnorm: 2, "
    "conv_transposed: {filters: 3, output_padding: [0, 1]}, concat: top, conv: {filters: 2, padding: reflect}, hard_swish, "
    "flatten, dense: 3, huber",
    "shuffled": "conv: {filters: 6, padding: same}, layernorm: {over: channels}, channel_shuffle: 3, layer_scale: 0.4, "
    "conv: {filters: 6, groups: 3}, upsample: {factor: [1, 2], mode: bilinear}, clip: {min: -1, max: 1}, upsample, "
    "global_maxpool, dense: 3, softmax, cross_entropy",
    "augmented": "random_shift: 2, random_flip: both, conv: {filters: 3, padding: same}, relu, "
    "random_flip: {probability: 0.8}, random_shift: {pixels: [4, 0], fill: edge}, conv: {filters: 3, padding: 2}, "
    "random_shift: {pixels: [1, 3], fill: edge}, flatten, dense: 3, softmax, cross_entropy",
}
VECTORS = {
    "activations": "dense: 7, tanh, dense: 7, sigmoid, dense: 7, softplus, dense: 7, gelu, dense: 7, silu, dense: 3, mse",
    "kinks": "dense: 7, relu, dense: 7, leaky_relu, dense: 7, elu, dense: {units: 3, bias: false}, log_softmax, cross_entropy",
    "norms": "batchnorm, dense: 6, layernorm: {scale: false, shift: false}, dropout: 0.5, dense: 6, batchnorm, dense: 3, mse",
    "binary": "dense: 3, sigmoid, binary_cross_entropy",
    "one unit": "dense: 1, tanh, dense: 3, softmax, dense: 3, softmax, cross_entropy",
}
NETWORKS = {name: (text, (2, 6, 5)) for name, text in IMAGES.items()} | {name: (text, (9,)) for name, text in VECTORS.items()}


def drawn(model: Model, batch: int) -> dict[str, Array]:
    """Inputs and labels."""
    generator = np.random.default_rng(batch)
    return {
        "input": generator.normal(0, 1.5, (batch, *model.input.shape)).astype("float32"),
        "target": generator.integers(0, 3, batch).astype("int32"),
    }


def started(model: Model, graph: Graph) -> State:
    """The first state with every parameter moved a little, so that no bias is 0, no scale 1."""
    state, generator = first_state(model, 3, graph), np.random.default_rng(1)
    for node in model.parameters:
        state.values[label(node)] += generator.normal(0, 0.1, node.shape).astype("float32")
    return state


def check_steps(runner: Executor, model: Model, graph: Graph, batches: list[dict[str, Array]]) -> None:
    """A step of each batch, each from the state that the one before left."""
    # whether the sum of a bias' gradients is exactly 0 is a matter of rounding, in front of a batchnorm or behind a median
    outputs = {
        name: node for name, node in graph.outputs.items() if not (name.startswith("zero_share") and name.endswith("bias"))
    }
    graph = Graph(outputs, graph.updates)
    program = runner.compile(graph)
    state = started(model, graph)
    for feeds in batches:
        before = state.copy()
        found = program.run(state, feeds)
        after = {f"update of {label(node)}": state.values[label(node)] for node in graph.updates}
        assert_agrees({**found, **after}, graph, before, feeds)
        assert state.values["step"] == before.values["step"] + 1


FIRST = [case.variants[0] for case in LAYER_CASES.values()]


@pytest.mark.parametrize(
    "variant",
    [variant if variant in FIRST else pytest.param(variant, marks=pytest.mark.slow) for variant in LAYER_VARIANTS],
    ids=str,
)
def test_layers(runner: Executor, variant: Variant) -> None:
    """Each layer alone, as its file has it."""
    model = trainable_model_of(variant, "float32")
    graph = optimize(step_of(model, rule_of("sgd: {lr: 0.001, momentum: 0.9}")))
    batches = [batch_of(variant, np.random.default_rng(n), n, "float32") for n in FEW]
    check_steps(runner, model, graph, batches)


@pytest.mark.slow
@pytest.mark.parametrize(("text", "shape"), NETWORKS.values(), ids=list(NETWORKS))
def test_networks(runner: Executor, text: str, shape: tuple[int, ...]) -> None:
    model = model_of(f"[{text}]", shape, classes=3, dtype="float32", weight_decay=0.01)
    graph = optimize(step_of(model, rule_of("sgd: {lr: 0.001, momentum: 0.9}")))
    check_steps(runner, model, graph, [drawn(model, n) for n in BATCHES])


OPTIMIZERS = [text for case in OPTIMIZER_CASES.values() for text in case.quick]
SCHEDULES = [text for case in SCHEDULE_CASES.values() for text in case.factors]
RULES: list[tuple[str, str, dict[str, float]]] = [
    *((one or "sgd: 0.1", other or "constant", {}) for one, other in zip_longest(OPTIMIZERS, SCHEDULES)),
    ("adam", "cosine: {warmup_epochs: 1}", {"clip_norm": 1.0}),
    ("adamw: {lr: 0.01}", "constant", {"clip_value": 0.05}),
    ("adagrad: {lr: 0.1}", "constant", {"clip_norm": 0.1, "clip_value": 0.01}),
]


@pytest.mark.parametrize(("optimizer", "schedule", "limits"), RULES, ids=[" ".join(map(str, rule)) for rule in RULES])
def test_rules(runner: Executor, optimizer: str, schedule: str, limits: dict[str, float]) -> None:
    """Every optimizer, every schedule, and limits of the gradients."""
    model = model_of("[dense: 40, tanh, dense: 3, softmax, cross_entropy]", (9,), classes=3, dtype="float32", l1=0.001)
    graph = optimize(step_of(model, rule_of(optimizer, schedule, **limits)))
    check_steps(runner, model, graph, [drawn(model, n) for n in BATCHES])


@pytest.mark.parametrize("name", ["reshaped", "normed", "augmented", "norms", "binary"])
def test_predictions(runner: Executor, name: str) -> None:
    """The graph of evaluation, with an output for each example, and as it was built, without passes."""
    text, shape = NETWORKS[name]
    model = model_of(f"[{text}]", shape, classes=3, dtype="float32")
    graph = Graph({**model.evaluation.outputs, "prediction": model.evaluation.prediction})
    program = runner.compile(graph)
    state = started(model, graph)
    for batch in BATCHES[:3]:
        feeds = {label: array for label, array in drawn(model, batch).items() if label in graph.placeholders}
        assert_agrees(program.run(state, feeds), graph, state, feeds)
