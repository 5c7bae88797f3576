"""Passes make graphs smaller and change no bit of their results."""

from __future__ import annotations

import numpy as np
import pytest
from support.cases import LAYER_VARIANTS
from support.members import Variant
from support.networks import first_state, label, model_of, values_of
from support.random_graphs import random_graph, random_values
from support.training import rule_of, step_of
from support.variants import batch_of, trainable_model_of

from netcli.executors import State
from netcli.graph import Array, DType, Graph, Node, text, verify
from netcli.layers.stack import Model
from netcli.ops.random_uniform import RandomUniform
from netcli.passes import PASSES, Pass, optimize

EVERY = pytest.mark.parametrize("apply", [*PASSES, optimize], ids=lambda apply: apply.__name__)


def results(graph: Graph, state: State, feeds: dict[str, Array]) -> dict[str, Array]:
    """Outputs, and the new values of variables."""
    updates = {f"new {label(target)}": node for target, node in graph.updates.items()}
    return values_of({**graph.outputs, **updates}, state, feeds)


def same_bits(found: dict[str, Array], expected: dict[str, Array]) -> None:
    """Equal to the last bit, the sign of 0 among them; NaN is NaN, whatever its bits."""
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert found[name].dtype == value.dtype
        assert found[name].shape == value.shape
        np.testing.assert_array_equal(found[name], value, err_msg=name)
        signs = [np.signbit(array[~np.isnan(array)]) for array in (found[name], value)]
        np.testing.assert_array_equal(*signs, err_msg=f"signs of {name}")


@EVERY
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_random_graphs_keep_every_bit(apply: Pass, dtype: DType) -> None:
    smaller = 0
    for seed in range(60):
        graph = random_graph(seed, dtype)
        made = apply(graph)
        verify(made)
        smaller += len(made.nodes) < len(graph.nodes)
        state, feeds = random_values(seed, dtype)
        same_bits(results(made, state, feeds), results(graph, state, feeds))
        assert text(apply(made)) == text(made), f"not idempotent on graph {seed}"
    assert smaller > 50


#: Many layers behind each other.
STACK = """[random_shift: 2, random_flip: both, conv: {filters: 4, padding: same}, batchnorm, relu, dropout: 0.3,
    maxpool: 2, conv: {filters: 4, groups: 2, bias: false}, leaky_relu, avgpool: {size: 2, stride: 1, padding: same}, elu,
    layernorm, reshape: [4, 1, 1], global_avgpool, gelu, dense: {units: 6, weight_decay: 0.1, l1: 0.1}, silu, flatten,
    dense: 3, softmax, cross_entropy: {label_smoothing: 0.1}]"""


@EVERY
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_training_steps_keep_every_bit(apply: Pass, dtype: DType) -> None:
    model = model_of(STACK, (2, 6, 6), classes=3, dtype=dtype)
    generator = np.random.default_rng(0)
    feeds = {"input": generator.normal(size=(9, 2, 6, 6)).astype(dtype), "target": generator.integers(0, 3, 9).astype("int32")}
    check_step(apply, model, "cosine: {warmup_epochs: 1}", feeds)


@pytest.mark.parametrize("variant", LAYER_VARIANTS, ids=str)
def test_steps_of_every_layer_keep_every_bit(variant: Variant) -> None:
    """All passes, one after the other."""
    model = trainable_model_of(variant, "float32")
    check_step(optimize, model, "constant", batch_of(variant, np.random.default_rng(0), 9, "float32"))


def check_step(apply: Pass, model: Model, schedule: str, feeds: dict[str, Array]) -> None:
    """The step with the passes computes the same bits as without, draws the same numbers, and no pass finds more in it."""
    graph = step_of(model, rule_of("adamw", schedule, clip_norm=1.0, clip_value=0.5))
    made = apply(graph)
    verify(made)
    assert text(apply(made)) == text(made)
    state = first_state(model, 0, graph)
    same_bits(results(made, state, feeds), results(graph, state, feeds))
    assert draws(made) == draws(graph)


def draws(graph: Graph) -> set[Node]:
    return {node for node in graph.nodes if isinstance(node.op, RandomUniform)}
