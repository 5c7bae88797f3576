"""How training ended, as a plain value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from netcli.strict_json import strict

#: Why training ended.
Stopped = Literal["finished", "early", "interrupted", "diverged"]


@dataclass(frozen=True)
class Summary:
    """How training ended.

    `epochs` and `steps` are those that were run. `train`, `validation` and `grad_norm` are the last epoch's; `test` is of the
    weights of the epoch `best_epoch`, counted from 1, None where no epoch was complete or its loss was not finite.
    """

    executor: str
    epochs: int
    steps: int
    seconds: float
    samples_per_second: float
    train: Mapping[str, float]
    validation: Mapping[str, float] | None
    test: Mapping[str, float] | None
    best_epoch: int | None
    grad_norm: float
    stopped: Stopped

    def as_json(self) -> dict[str, Any]:
        """The fields by name; numbers that are not finite are None."""
        entry = {
            "executor": self.executor,
            "epochs": self.epochs,
            "steps": self.steps,
            "seconds": self.seconds,
            "samples_per_second": self.samples_per_second,
            "train": self.train,
            "validation": self.validation,
            "test": self.test,
            "best_epoch": self.best_epoch,
            "grad_norm": self.grad_norm,
            "stopped": self.stopped,
        }
        plain: dict[str, Any] = strict(entry)
        return plain
