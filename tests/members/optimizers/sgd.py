"""Gradient descent, with momentum and Nesterov's."""

from __future__ import annotations

from support.kinds import FLAG, POSITIVE, SHARE, Kind
from support.late import torch
from support.members import OptimizerCase

CASE = OptimizerCase(
    # without momentum, nesterov is refused
    settings={"lr": POSITIVE, "momentum": SHARE, "nesterov": Kind((False,), FLAG.wrong, (True,))},
    main=("lr", 0.5),
    quick=["sgd: 0.3", "sgd: {lr: 0.1, momentum: 0.8}", "sgd: {lr: 0.1, momentum: 0.8, nesterov: true}"],
    slots={"sgd": [], "sgd: {momentum: 0.9}": ["momentum"], "sgd: {momentum: 0.9, nesterov: true}": ["momentum"]},
    first_step={
        "sgd: 0.01": lambda w, g: 0.01 * g,
        "sgd: {lr: 0.01, momentum: 0.5}": lambda w, g: 0.01 * g,
        "sgd: {lr: 0.01, momentum: 0.5, nesterov: true}": lambda w, g: 0.01 * 1.5 * g,
    },
    peers={
        "sgd": lambda w: torch.optim.SGD(w, lr=0.01),
        "sgd: 0.2": lambda w: torch.optim.SGD(w, lr=0.2),
        "sgd: {lr: 0.1, momentum: 0.9}": lambda w: torch.optim.SGD(w, lr=0.1, momentum=0.9),
        "sgd: {lr: 0.1, momentum: 0.8, nesterov: true}": lambda w: torch.optim.SGD(w, lr=0.1, momentum=0.8, nesterov=True),
    },
)
