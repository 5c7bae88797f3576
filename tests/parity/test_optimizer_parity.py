"""Every optimizer takes torch's steps; clipping, penalties and schedules are torch's too."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from peer import Tensor, torch
from support.cases import OPTIMIZER_CASES, SCHEDULE_CASES
from support.networks import first_state, label, model_of
from support.training import optimizer_of, rates, rule_of, trained

from netcli.graph import Array
from netcli.layers.stack import Model
from netcli.optimizers.optimizer import OPTIMIZERS
from netcli.optimizers.step import Rule

STEPS = 20
Weights = Mapping[str, Tensor]
optim = torch.optim


def stack(**penalties: float) -> Model:
    """A small network with weights and biases."""
    return model_of("[dense: 5, tanh, dense: 3, mse]", (4,), target=(3,), **penalties)


def loss_of(w: Weights, feeds: Mapping[str, Array]) -> Tensor:
    """The same in torch."""
    x, y = torch.tensor(feeds["input"]), torch.tensor(feeds["target"])
    z = torch.tanh(x @ w["dense1/weight"] + w["dense1/bias"]) @ w["dense2/weight"] + w["dense2/bias"]
    return torch.nn.functional.mse_loss(z, y)


def batches(scale: float) -> list[dict[str, Array]]:
    """Another batch at every step, the last ones smaller; targets have the deviation `scale`."""
    generator = np.random.default_rng(7)
    sizes = [6] * (STEPS - 5) + [2] * 5
    return [{"input": generator.normal(0, 1, (n, 4)), "target": generator.normal(0, scale, (n, 3))} for n in sizes]


def same_steps(
    model: Model,
    rule: Rule,
    peer: Callable[[Weights], Any],
    *,
    penalty: Callable[[Weights], Tensor] = lambda w: torch.tensor(0.0),
    clip: Callable[[Sequence[Tensor]], object] = lambda tensors: None,
    scale: float = 1.0,
) -> None:
    """Train both from the same weights and compare all parameters after every step."""
    state = first_state(model)
    w = {label(node): torch.tensor(state.values[label(node)], requires_grad=True) for node in model.parameters}
    optimizer, data = peer(w), batches(scale)
    for step, (feeds, (outputs, state)) in enumerate(zip(data, trained(model, rule, data), strict=True)):
        optimizer.zero_grad()
        loss = loss_of(w, feeds)
        np.testing.assert_allclose(outputs["loss"], loss.item(), rtol=1e-9, atol=1e-9)
        (loss + penalty(w)).backward()
        clip(list(w.values()))
        optimizer.step()
        for name, tensor in w.items():
            error = f"{name} after step {step}"
            np.testing.assert_allclose(state.values[name], tensor.detach().numpy(), rtol=1e-9, atol=1e-9, err_msg=error)


PEERS = [peer for case in OPTIMIZER_CASES.values() for peer in case.peers.items()]


@pytest.mark.parametrize(("text", "peer"), PEERS, ids=[text for text, _ in PEERS])
def test_optimizer(text: str, peer: Callable[[Sequence[Tensor]], Any]) -> None:
    same_steps(stack(), rule_of(text), lambda w: peer(list(w.values())))


@pytest.mark.parametrize("word", OPTIMIZER_CASES)
def test_every_setting_of_every_optimizer_is_compared(word: str) -> None:
    used = [optimizer_of(text) for text in OPTIMIZER_CASES[word].peers]
    assert {optimizer.word for optimizer in used} == {word}
    for name, field in OPTIMIZERS.members[word].model_fields.items():
        assert any(getattr(optimizer, name) != field.default for optimizer in used), f"{word}: {name} is always its default"


def test_weight_decay_is_of_weights_alone() -> None:
    def peer(w: Weights) -> Any:
        groups = [{"params": [tensor], "weight_decay": 0.3 if name.endswith("weight") else 0.0} for name, tensor in w.items()]
        return optim.SGD(groups, lr=0.1, momentum=0.5)

    same_steps(stack(weight_decay=0.3), rule_of("sgd: {lr: 0.1, momentum: 0.5}"), peer)


def test_l1() -> None:
    def penalty(w: Weights) -> Tensor:
        return 0.2 * sum(tensor.abs().sum() for name, tensor in w.items() if name.endswith("weight"))

    same_steps(stack(l1=0.2), rule_of("sgd: 0.05"), lambda w: optim.SGD(w.values(), lr=0.05), penalty=penalty)


def test_clip_norm() -> None:
    """With large gradients: torch adds 1e-6 to the norm that it divides by, which would be seen with small ones."""
    utils = torch.nn.utils
    norms: list[float] = []
    same_steps(
        stack(),
        rule_of("sgd: 0.1", clip_norm=2.0),
        lambda w: optim.SGD(w.values(), lr=0.1),
        clip=lambda tensors: norms.append(utils.clip_grad_norm_(tensors, 2.0).item()),
        scale=1e5,
    )
    assert min(norms) > 1e3


@pytest.mark.parametrize("limit", [0.01, 0.1, 10.0])
def test_clip_value(limit: float) -> None:
    same_steps(
        stack(),
        rule_of("sgd: 0.1", clip_value=limit),
        lambda w: optim.SGD(w.values(), lr=0.1),
        clip=lambda tensors: torch.nn.utils.clip_grad_value_(tensors, limit),
    )


SCHEDULERS = [peer for case in SCHEDULE_CASES.values() for peer in case.peers.items()]


@pytest.mark.parametrize(("text", "peer"), SCHEDULERS, ids=[text for text, _ in SCHEDULERS])
def test_schedule(text: str, peer: Callable[[Any], Any]) -> None:
    """Five epochs of four steps, with a learning rate of 0.3."""
    optimizer = optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.3)
    scheduler, expected = peer(optimizer), []
    for _ in range(STEPS):
        expected.append(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()
    np.testing.assert_allclose(rates(text, 0.3, steps_per_epoch=4, epochs=5), expected, rtol=1e-9)
