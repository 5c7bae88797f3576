"""Networks compared with their peers in torch; without it, every module that imports this one is skipped."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from support.members import Variant
from support.networks import first_state, label, shaken, values_of
from support.variants import batch_of, generator_of, model_of_variant

from netcli.autodiff import gradients
from netcli.graph import Array, Graph, Node, op_of
from netcli.layers.stack import Model, Network
from netcli.ops.random_uniform import RandomUniform

torch = pytest.importorskip("torch", reason="compares with torch==2.13.0, which is not installed; it is the extra `parity`")
F = torch.nn.functional
Tensor = torch.Tensor


def parity(variant: Variant) -> None:
    """Compare everything that the peer gives, and all gradients, with netcli's, in float64. Raises AssertionError."""
    generator = generator_of(variant)
    model = model_of_variant(variant)
    state = shaken(first_state(model), model, generator)
    feeds = batch_of(variant, generator)
    network = model.training if variant.training else model.evaluation
    names = [label(node) for node in model.parameters]
    ours = values_of(_nodes(model, network), state, feeds)
    constants = {name: value for name, value in ours.items() if name.startswith("random")}
    theirs = _torch_values(variant, {**state.values, **constants}, feeds, names)
    assert theirs.keys() >= {"loss", "d input", *(f"d {name}" for name in names)}
    for name, expected in theirs.items():
        np.testing.assert_allclose(ours[name], expected, rtol=1e-9, atol=1e-9, err_msg=f"{name} of {variant}")


def _nodes(model: Model, network: Network) -> dict[str, Node]:
    """What is compared, with the random numbers that torch is handed."""
    found = {"loss": network.objective, "prediction": network.prediction, "first": network.layers[0][1]}
    wanted = [*model.parameters, model.input]
    found |= {
        f"d {label(x) if x in model.parameters else 'input'}": dx
        for x, dx in zip(wanted, gradients([network.objective], wanted), strict=True)
    }
    draws = [node for node in Graph(found).nodes if isinstance(node.op, RandomUniform)]
    return found | {f"random{op_of(node, RandomUniform).id}": node for node in draws}


def _torch_values(
    variant: Variant, values: Mapping[str, Array], feeds: Mapping[str, Array], names: list[str]
) -> dict[str, Array]:
    weights = {
        name: torch.tensor(value).requires_grad_(name in names) for name, value in values.items() if value.dtype == "float64"
    }
    x, y = torch.tensor(feeds["input"]).requires_grad_(), torch.tensor(feeds["target"])
    found = variant.values(weights, x, y.long() if variant.classes else y)
    if variant.penalty is not None:
        found["loss"] = found["loss"] + variant.penalty(weights)
    derivatives = torch.autograd.grad(found["loss"], [*(weights[name] for name in names), x])
    found |= {f"d {name}": dx for name, dx in zip([*names, "input"], derivatives, strict=True)}
    return {name: value.detach().numpy() for name, value in found.items()}
