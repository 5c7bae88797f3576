"""Time a step of PyTorch: `step_torch.py NET BATCH SECONDS [compile] [channels_last]`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import torch
from nets import NETS, Layer, sized
from timing import report, timed
from torch import nn


class Residual(nn.Module):
    """layers(x) + shortcut(x)."""

    def __init__(self, layers: nn.Module, shortcut: nn.Module) -> None:
        super().__init__()
        self.layers, self.shortcut = layers, shortcut

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers(x) + self.shortcut(x)


class Mean(nn.Module):
    """The mean of each channel."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.mean((2, 3))


def model_of(layers: Sequence[Layer], shape: Sequence[int]) -> nn.Module:
    """The network as a Sequential."""
    return nn.Sequential(*(_module(layer, into) for layer, into in sized(layers, shape)))


def _module(layer: Layer, shape: Sequence[int]) -> nn.Module:
    """A layer on values of this shape."""
    match layer:
        case ("conv", filters, kernel, padding, stride, groups, bias):
            return nn.Conv2d(shape[0], filters, kernel, stride, padding, groups=groups, bias=bias)
        case ("norm",):
            return nn.BatchNorm2d(shape[0])
        case ("relu", limit):
            return nn.ReLU6() if limit else nn.ReLU()
        case ("pool",):
            return nn.MaxPool2d(2)
        case ("mean",):
            return Mean()
        case ("flat",):
            return nn.Flatten()
        case ("residual", layers, shortcut):
            return Residual(model_of(layers, shape), model_of(shortcut, shape))
    return nn.Linear(shape[0], layer[1])


def main(net: str, batch: int, seconds: float, options: set[str]) -> None:
    """Train on random data."""
    shape, layers, _ = NETS[net]
    model, x, y = model_of(layers, shape), torch.randn(batch, *shape), torch.randint(0, 10, (batch,))
    if "channels_last" in options and x.ndim == 4:
        model, x = model.to(memory_format=torch.channels_last), x.to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, fused=True)
    criterion = nn.CrossEntropyLoss()

    def loss_of(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return criterion(model(x), y)

    forward = torch.compile(loss_of) if "compile" in options else loss_of

    def step() -> None:
        optimizer.zero_grad()
        loss = forward(x, y)
        loss.backward()
        optimizer.step()
        loss.item()

    report(timed(step, seconds), f"PyTorch {torch.__version__}")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), set(sys.argv[4:]))
