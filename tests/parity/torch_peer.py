"""torch, the peer that gradients are compared with; without it, every module that imports this one is skipped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="these tests compare with torch==2.13.0: install the extra `parity`")
F = torch.nn.functional
Tensor = torch.Tensor

#: By name: the parameters and statistics of a network, and `random1`, … for the numbers that its dropouts draw.
Weights = Mapping[str, Tensor]
#: Weights, inputs and targets -> prediction and loss.
Peer = Callable[[Weights, Tensor, Tensor], tuple[Tensor, Tensor]]
#: Weights and inputs -> the output of a layer.
LayerPeer = Callable[[Weights, Tensor], Tensor]


@dataclass(frozen=True)
class Case:
    """A stack of layers, and the same in torch; `integers`: inputs and targets are small whole numbers, for exact ties."""

    text: str
    shape: tuple[int, ...]
    peer: Peer
    classes: int | None = None
    target: tuple[int, ...] = ()
    training: bool = True
    integers: bool = False
    scale: float = 1.5
    batch: int = 5

    def __str__(self) -> str:
        marks = ["" if self.training else "evaluated", "ties" if self.integers else "", f"n={self.batch}" if self.batch != 5 else ""]
        return " ".join([self.text, "x".join(map(str, self.shape)), *filter(None, marks)])


def layer_case(text: str, shape: tuple[int, ...], peer: LayerPeer, **options: object) -> Case:
    """One layer in front of a mean squared error, whose targets are random: so every output has a cotangent of its own."""
    with torch.no_grad():
        after = tuple(_shape_after(peer, shape))
    return Case(f"[{text}, mse]", shape, partial(_squared, peer), target=after, **options)  # type: ignore[arg-type]


def _squared(peer: LayerPeer, w: Weights, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    output = peer(w, x)
    return output, F.mse_loss(output, y)
