"""What a run keeps of each epoch: a line of metrics.jsonl, and the record it stands for.

Losses are means over examples; times are in seconds. A `train` or `validation` mapping holds `loss` first and then the metrics,
by name; shares such as `accuracy` are shares of one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from netcli.strict_json import strict


@dataclass(frozen=True)
class ParameterRow:
    """One parameter and its gradient after an epoch.

    `norm` is the gradient's Euclidean norm, `weight_norm` the parameter's; `update_ratio` is the norm of a step's
    change over weight_norm (inf for weights that are all zero); `zero_share` is the share of gradient elements that
    are exactly zero. `history` holds the norms of the last epochs, oldest first, this epoch's at its end.
    """

    name: str
    layer: str
    line: int | None
    shape: tuple[int, ...]
    norm: float
    weight_norm: float
    update_ratio: float
    zero_share: float
    history: tuple[float, ...]


@dataclass(frozen=True)
class EpochRecord:
    """One epoch. `epoch` counts from 1, `step` from the start of training; `grad_norm` is of all gradients together."""

    epoch: int
    epochs: int
    step: int
    lr: float
    seconds: float
    samples_per_second: float
    train: Mapping[str, float]
    validation: Mapping[str, float] | None
    grad_norm: float
    parameters: tuple[ParameterRow, ...]
    best: bool

    def as_json(self) -> dict[str, Any]:
        """The epoch's line of metrics.jsonl; numbers that are not finite are None."""
        entry = {
            "epoch": self.epoch,
            "step": self.step,
            "lr": self.lr,
            "seconds": self.seconds,
            "samples_per_second": self.samples_per_second,
            "train": self.train,
            "validation": self.validation,
            "grad_norm": self.grad_norm,
            "grad_norms": {row.name: row.norm for row in self.parameters},
            "weight_norms": {row.name: row.weight_norm for row in self.parameters},
            "update_ratios": {row.name: row.update_ratio for row in self.parameters},
            "zero_shares": {row.name: row.zero_share for row in self.parameters},
            "best": self.best,
        }
        plain: dict[str, Any] = strict(entry)
        return plain


def read_epochs(entries: Sequence[Mapping[str, Any]], model: Sequence[ParameterRow], epochs: int) -> list[EpochRecord]:
    """The records of a run from the entries of its metrics.jsonl, the inverse of `EpochRecord.as_json`.

    `model` gives each parameter's layer, line and shape by its name. None becomes NaN. Raises KeyError for a missing
    entry.
    """
    histories: dict[str, list[float]] = {row.name: [] for row in model}
    records = []
    for entry in entries:
        for row in model:
            histories[row.name].append(_number(entry["grad_norms"][row.name]))
        rows = tuple(_read_row(row, entry, histories[row.name]) for row in model)
        records.append(_read_epoch(entry, rows, epochs))
    return records


def _read_row(row: ParameterRow, entry: Mapping[str, Any], history: Sequence[float]) -> ParameterRow:
    name = row.name
    return ParameterRow(
        name=name,
        layer=row.layer,
        line=row.line,
        shape=row.shape,
        norm=history[-1],
        weight_norm=_number(entry["weight_norms"][name]),
        update_ratio=_number(entry["update_ratios"][name]),
        zero_share=_number(entry["zero_shares"][name]),
        history=tuple(history),
    )


def _read_epoch(entry: Mapping[str, Any], rows: tuple[ParameterRow, ...], epochs: int) -> EpochRecord:
    validation = entry["validation"]
    return EpochRecord(
        epoch=entry["epoch"],
        epochs=epochs,
        step=entry["step"],
        lr=_number(entry["lr"]),
        seconds=_number(entry["seconds"]),
        samples_per_second=_number(entry["samples_per_second"]),
        train={name: _number(value) for name, value in entry["train"].items()},
        validation=None if validation is None else {name: _number(value) for name, value in validation.items()},
        grad_norm=_number(entry["grad_norm"]),
        parameters=rows,
        best=entry["best"],
    )


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)
