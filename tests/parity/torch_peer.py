"""torch, the peer that gradients are compared with; without it, every module that imports this one is skipped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from zlib import crc32

import numpy as np
import pytest
from support.networks import first_state, label, model_of, shaken, values_of

from netcli.autodiff import gradients
from netcli.graph import Array, Graph, Node, op_of
from netcli.layers.stack import Model, Network
from netcli.ops.random_uniform import RandomUniform

torch = pytest.importorskip("torch", reason="compares with torch==2.13.0, which is not installed; it is the extra `parity`")
F = torch.nn.functional
Tensor = torch.Tensor

#: By name: the parameters and statistics of a network, and `random1`, … for the numbers that its dropouts draw.
Weights = Mapping[str, Tensor]
#: Weights, inputs and targets -> `loss`, and what else is to be compared: `prediction`, `first` (the first layer's output).
Peer = Callable[[Weights, Tensor, Tensor], dict[str, Tensor]]


@dataclass(frozen=True)
class Case:
    """A stack of layers on examples of a shape, and the same in torch.

    Targets are labels of `classes` or values of the shape `target`, of [0, 1) with `shares`. With `ties`, inputs and targets
    are small whole numbers, so that there are exact zeros and equal maxima. Inputs are normal with the deviation `scale`.
    """

    text: str
    shape: tuple[int, ...]
    peer: Peer
    classes: int | None = None
    target: tuple[int, ...] = (3,)
    shares: bool = False
    training: bool = True
    ties: bool = False
    scale: float = 1.5
    batch: int = 5
    weight_decay: float = 0.0
    l1: float = 0.0

    def __str__(self) -> str:
        marks = {"evaluated": not self.training, "ties": self.ties, f"scale={self.scale:g}": self.scale != 1.5}
        text = " ".join(self.text.split()).removeprefix("[").removesuffix("]").removesuffix(f", {BEHIND}")
        image = "x".join(map(str, self.shape))
        return " ".join([text[:100], *(mark for mark, there in marks.items() if there), image, f"n={self.batch}"])


#: What stands behind a layer that is looked at alone: each of its outputs has a cotangent of its own.
BEHIND = "flatten, dense: {units: 3, name: end}, mse"


def layer_case(text: str, shape: tuple[int, ...], layer: Callable[[Weights, Tensor], Tensor], **options: object) -> Case:
    """One layer, with a dense layer and a mean squared error behind it."""

    def peer(w: Weights, x: Tensor, y: Tensor) -> dict[str, Tensor]:
        first = layer(w, x)
        prediction = first.flatten(1) @ w["end/weight"] + w["end/bias"]
        return {"first": first, "prediction": prediction, "loss": F.mse_loss(prediction, y)}

    return Case(f"[{text}, {BEHIND}]", shape, peer, **options)  # type: ignore[arg-type]


def parity(case: Case) -> None:
    """Compare everything that the peer gives, and all gradients, with netcli's, in float64. Raises AssertionError."""
    generator = np.random.default_rng(crc32(str(case).encode()))
    model = model_of(
        case.text, case.shape, classes=case.classes, target=case.target, weight_decay=case.weight_decay, l1=case.l1
    )
    state = shaken(first_state(model), model, generator)
    feeds = _batch(case, generator)
    network = model.training if case.training else model.evaluation
    names = [label(node) for node in model.parameters]
    ours = values_of(_nodes(model, network), state, feeds)
    constants = {name: value for name, value in ours.items() if name.startswith("random")}
    theirs = _torch_values(case, {**state.values, **constants}, feeds, names)
    assert theirs.keys() >= {"loss", "d input", *(f"d {name}" for name in names)}
    for name, expected in theirs.items():
        np.testing.assert_allclose(ours[name], expected, rtol=1e-9, atol=1e-9, err_msg=f"{name} of {case}")


def _batch(case: Case, generator: np.random.Generator) -> dict[str, Array]:
    n = case.batch
    if case.classes:
        y = generator.integers(0, case.classes, n).astype("int32")
    elif case.shares:
        y = generator.uniform(0, 1, (n, *case.target))
    else:
        y = generator.normal(0, 2, (n, *case.target))
    x = generator.normal(0, case.scale, (n, *case.shape))
    return {"input": x.round(), "target": y.round().astype(y.dtype)} if case.ties else {"input": x, "target": y}


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


def _torch_values(case: Case, values: Mapping[str, Array], feeds: Mapping[str, Array], names: list[str]) -> dict[str, Array]:
    weights = {
        name: torch.tensor(value).requires_grad_(name in names) for name, value in values.items() if value.dtype == "float64"
    }
    x, y = torch.tensor(feeds["input"]).requires_grad_(), torch.tensor(feeds["target"])
    found = case.peer(weights, x, y.long() if case.classes else y)
    derivatives = torch.autograd.grad(found["loss"], [*(weights[name] for name in names), x])
    found |= {f"d {name}": dx for name, dx in zip([*names, "input"], derivatives, strict=True)}
    return {name: value.detach().numpy() for name, value in found.items()}
