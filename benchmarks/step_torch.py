"""Time a step of PyTorch: `step_torch.py NET BATCH SECONDS [compile] [channels_last]`."""

from __future__ import annotations

import sys

import torch
from nets import NETS, sized
from timing import report, timed
from torch import nn


def model_of(net: str) -> nn.Module:
    """The network as a Sequential."""
    modules: list[nn.Module] = []
    for layer, into in sized(net):
        match layer:
            case ("conv", filters, kernel, padding, stride):
                modules.append(nn.Conv2d(into, filters, kernel, stride, padding))
            case ("relu",):
                modules.append(nn.ReLU())
            case ("pool",):
                modules.append(nn.MaxPool2d(2))
            case ("flat",):
                modules.append(nn.Flatten())
            case ("dense", units):
                modules.append(nn.Linear(into, units))
    return nn.Sequential(*modules)


def main(net: str, batch: int, seconds: float, options: set[str]) -> None:
    """Train on random data."""
    model, x, y = model_of(net), torch.randn(batch, *NETS[net][0]), torch.randint(0, 10, (batch,))
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
