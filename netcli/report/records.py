"""What the report shows, as plain values. Training and the commands fill these; nothing here computes or prints.

Losses are means over examples; FLOPs, bytes and shapes are those of one example; times are in seconds. A `train` or
`validation` mapping holds `loss` first and then the metrics, by name; shares such as `accuracy` are shares of one.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from netcli.graph import Node
from netcli.report.strict_json import strict

#: Why training ended.
Stopped = Literal["finished", "early", "interrupted", "diverged"]

#: A layer, parameter or node that no line of the file stands for has None as its line.
YamlLine = int | None


@dataclass(frozen=True)
class LayerRow:
    """One layer of the model, for one example."""

    name: str
    type: str
    line: YamlLine
    output_shape: tuple[int, ...]
    parameters: int
    flops_forward: int
    flops_backward: int
    activation_bytes: int


@dataclass(frozen=True)
class Header:
    """What will be trained. `data` is in words: {"dataset": "digits", "training": "1,293 examples", …}."""

    name: str
    config: str
    layers: tuple[LayerRow, ...]
    data: Mapping[str, str]
    executor: str
    seed: int
    optimizer: str
    run_dir: str
    parameters: int
    flops_forward: int
    flops_backward: int


@dataclass(frozen=True)
class ValueStatistics:
    """What the elements of a value look like: those of all examples of a batch, or of a parameter.

    `norm` is Euclidean; norm, mean and deviation are not finite where an element is not. `zeros` is the share of elements
    that are exactly zero; `nans` and `infinities` are counts. `smallest`, `largest` and the histogram are of the finite
    elements: counts in bins of equal width from smallest to largest, one bin if all are equal, () and None if there are none.
    """

    elements: int
    norm: float
    mean: float
    deviation: float
    smallest: float | None
    largest: float | None
    zeros: float
    nans: int
    infinities: int
    histogram: tuple[int, ...]

    @property
    def root_mean_square(self) -> float:
        """The size of a typical element, which does not grow with their number as the norm does."""
        return self.norm / math.sqrt(self.elements)

    @property
    def is_finite(self) -> bool:
        """Whether all elements are finite."""
        return not self.nans and not self.infinities

    def as_json(self) -> dict[str, Any]:
        """The fields by name; numbers that are not finite are None."""
        plain: dict[str, Any] = strict(dataclasses.asdict(self))
        return plain


@dataclass(frozen=True, eq=False)
class Flow:
    """What flows through a graph for one batch of so many `examples`, at the state before the step that is computed.

    `statistics` has every node; `update_ratios` each parameter that the graph updates: the norm of its change over its
    own norm, inf for one that is all zero.
    """

    examples: int
    statistics: Mapping[Node, ValueStatistics]
    update_ratios: Mapping[Node, float]


@dataclass(frozen=True)
class ParameterRow:
    """One parameter and its gradient after an epoch.

    `norm` is the gradient's Euclidean norm, `weight_norm` the parameter's; `update_ratio` is the norm of a step's
    change over weight_norm (inf for weights that are all zero); `zero_share` is the share of gradient elements that
    are exactly zero. `history` holds the norms of the last epochs, oldest first, this epoch's at its end.
    """

    name: str
    layer: str
    line: YamlLine
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


@dataclass(frozen=True)
class Summary:
    """How training ended. `epochs` and `steps` are those that were run; `grad_norm` is the last epoch's."""

    run_dir: str
    executor: str
    epochs: int
    steps: int
    seconds: float
    samples_per_second: float
    train: Mapping[str, float]
    validation: Mapping[str, float] | None
    test: Mapping[str, float] | None
    grad_norm: float
    stopped: Stopped

    def as_json(self) -> dict[str, Any]:
        """The document that `netcli train --json` prints; numbers that are not finite are None."""
        entry = {
            "run_dir": self.run_dir,
            "executor": self.executor,
            "epochs": self.epochs,
            "steps": self.steps,
            "seconds": self.seconds,
            "samples_per_second": self.samples_per_second,
            "train": self.train,
            "validation": self.validation,
            "test": self.test,
            "grad_norm": self.grad_norm,
            "stopped": self.stopped,
        }
        plain: dict[str, Any] = strict(entry)
        return plain
