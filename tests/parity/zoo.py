"""Configs of whole networks compared with modules of torch: the loss and every gradient, in float64."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.networks import values_of

from netcli.autodiff import gradients
from netcli.config.load import load
from netcli.executors import State
from netcli.graph import Array, Graph, Node, Variable, op_of
from netcli.ops.random_uniform import RandomUniform
from netcli.training.session import Session, prepare

torch = pytest.importorskip("torch", reason="compares with torch==2.13.0, which is not installed; it is the extra `parity`")
ZOO = Path(__file__).resolve().parents[2] / "configs" / "zoo"
EXAMPLES = 2


class Dropped(torch.nn.Module):  # type: ignore[misc, name-defined]
    """Dropout with the random numbers of another program."""

    def __init__(self, numbers: Any, rate: float) -> None:
        super().__init__()
        self.numbers, self.rate = numbers, rate

    def forward(self, x: Any) -> Any:
        return x * (self.numbers >= self.rate) / (1 - self.rate)


def compare(name: str, module: Any, *overrides: str) -> None:
    """Hold a config of the zoo against a module, which is given its weights. Raises AssertionError.

    The module's `parameters()` are in the order of the config's layers.
    """
    session = prepare(load(ZOO / f"{name}.yaml", overrides), "float64")
    labels = [op_of(node, Variable).label for node in session.model.parameters]
    state = _shaken(session)
    ours = values_of(_wanted(session), state, _feeds(session))
    loss, derivatives = _values(session, module, [state.values[label] for label in labels], ours)
    assert ours["loss"].item() == pytest.approx(loss, rel=1e-12)
    largest = max(abs(expected).max() for expected in derivatives)
    for label, expected in zip(labels, derivatives, strict=True):
        # rounding of one part in 1e16, and what two hundred layers make of it, most of all those that divide by a deviation;
        # a gradient that is zero but for rounding, such as that of a shift before a normalisation, is made of larger ones
        tolerance = 1e-9 * abs(expected).max() + 1e-12 * largest
        np.testing.assert_allclose(ours[f"d {label}"], expected, rtol=0, atol=tolerance, err_msg=label)


def _shaken(session: Session) -> State:
    """Initial weights, all of them moved: no scale is 1, no bias 0."""
    state, generator = session.initial_state(), np.random.default_rng(3)
    for node in session.model.parameters:
        value = state.values[op_of(node, Variable).label]
        value += generator.normal(0, 0.3, value.shape) * (1.0 if value.ndim == 1 else value.std())
    return state


def _feeds(session: Session) -> dict[str, Array]:
    data = session.train_data
    target = data["target"][:EXAMPLES]
    return {
        "input": data["input"][:EXAMPLES].astype(session.model.input.type.dtype),
        "target": target.astype(session.model.target.type.dtype),
    }


def _wanted(session: Session) -> dict[str, Node]:
    """The loss and the gradients, what the first layer is given behind augmentation, and the numbers of each dropout."""
    network, parameters = session.model.training, session.model.parameters
    derivatives = gradients([network.loss], parameters)
    found = {"loss": network.loss} | {
        f"d {op_of(parameter, Variable).label}": node for parameter, node in zip(parameters, derivatives, strict=True)
    }
    by_word = {placed.layer.word: node for placed, node in network.layers if placed.layer.training_only}
    if "random_flip" in by_word:
        found["x"] = by_word["random_flip"]
    dropouts = [placed.name for placed, _ in network.layers if placed.layer.word == "dropout"]
    draws = {node.origin.layer: node for node in Graph(found).nodes if isinstance(node.op, RandomUniform)}
    return found | {f"random {name}": draws[name] for name in dropouts}


def _values(session: Session, module: Any, weights: Sequence[Array], ours: dict[str, Array]) -> tuple[float, list[Array]]:
    """torch's loss and gradients, in the shapes of netcli's weights."""
    feeds, state = _feeds(session), session.initial_state().values
    x = ours.get("x", (feeds["input"] - state["input/mean"]) / state["input/deviation"])
    module = _dropping(module.double().train(), [torch.tensor(v) for name, v in ours.items() if name.startswith("random ")])
    own = list(module.parameters())
    with torch.no_grad():
        for parameter, weight in zip(own, map(_theirs, weights), strict=True):
            assert [n for n in parameter.shape if n > 1] == [n for n in weight.shape if n > 1]
            parameter.copy_(torch.tensor(weight).reshape(parameter.shape))
    loss = _loss(session, module(torch.tensor(x)), torch.tensor(feeds["target"]))
    found = [each.numpy() for each in torch.autograd.grad(loss, own)]
    return loss.item(), [
        _theirs(array).reshape(weight.shape) if weight.ndim == 2 else array.reshape(weight.shape)
        for array, weight in zip(found, weights, strict=True)
    ]


def _theirs(weight: Array) -> Array:
    """Of dense layers torch has outputs × inputs; a convolution of 1 × 1 may be such a matrix there."""
    return weight.T if weight.ndim == 2 else weight


def _loss(session: Session, y: Any, target: Any) -> Any:
    """What the config ends in."""
    last = session.layers[-1].layer
    if last.word == "binary_cross_entropy":
        return torch.nn.functional.binary_cross_entropy_with_logits(y, target)
    assert last.word == "cross_entropy"
    return torch.nn.functional.cross_entropy(y, target.long(), label_smoothing=last.label_smoothing)  # type: ignore[attr-defined]


def _dropping(module: Any, numbers: list[Any]) -> Any:
    """The module with the numbers in its dropouts, in their order."""
    left = iter(numbers)
    for parent in list(module.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, torch.nn.Dropout):
                setattr(parent, name, Dropped(next(left), child.p))
    assert not list(left), "there are as many dropouts as in the config"
    return module
