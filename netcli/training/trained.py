"""A trained network, from its run directory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from netcli.config.dump import plain
from netcli.config.load import Loaded, load
from netcli.datasets.dataset import Dataset
from netcli.errors import CheckpointError, DataError
from netcli.executors import Executor, State
from netcli.graph import Array
from netcli.layers.stack import Model
from netcli.runs.checkpoint import Position, check_fits, read
from netcli.runs.directory import RunDirectory, open_run
from netcli.runs.signature import Signature, Statistics
from netcli.training.session import build, executor_of

#: The checkpoints of a run: of the epoch with the least validation loss, and of the last one.
Which = Literal["best", "last"]


@dataclass(frozen=True, eq=False)
class Trained:
    """A network with its weights; it needs none of the data it was trained on.

    `notes` are what a person should know who uses it.
    """

    run: RunDirectory
    loaded: Loaded
    executor: Executor
    signature: Signature
    model: Model
    state: State
    position: Position
    notes: Sequence[str]

    @property
    def classes(self) -> tuple[str, ...] | None:
        """The names of the classes that it tells apart; None where it predicts values."""
        return None if self.model.classes is None else self.signature.classes

    @property
    def delimiter(self) -> str:
        """What separates the columns of its data, where that is a table."""
        return str(getattr(self.loaded.config.data.dataset, "delimiter", ","))

    def as_input(self, values: Array, *, rounded: bool = False) -> Array:
        """Raw values in the dtype of the network's input. Raises DataError for values that it cannot hold.

        `rounded`: where that holds whole numbers, the nearest ones, for pictures, whose levels are not those of the data.
        """
        dtype = np.dtype(self.signature.input_dtype)
        if rounded and dtype.kind == "u":
            values = np.rint(values)
        converted = values.astype(dtype)
        if not np.array_equal(converted, values):
            raise DataError(
                f"the network takes whole numbers of 0 to {np.iinfo(dtype).max}, found {values.min():g} to {values.max():g}",
                hint="give inputs in the range of the data it was trained on, not scaled",
            )
        return converted

    def check_data(self, data: Dataset) -> None:
        """Raise DataError unless the data is of the kind the network was trained on."""
        difference = self.signature.difference(Signature.of(data), ("examples", "largest"))
        if difference is not None:
            raise DataError(
                f"{data.name}: the network was trained on other data: {difference}",
                hint="give the data it was trained on, or data of the same kind",
            )


def open_trained(path: Path, which: Which, overrides: Sequence[str] = ()) -> Trained:
    """Read a run. Raises UsageError, ConfigError and CheckpointError."""
    run = open_run(path)
    file = run.best if which == "best" else run.last
    if not file.exists() and which == "best" and run.last.exists():
        raise CheckpointError(
            f"{path} has no best checkpoint: no epoch was completed", hint="--checkpoint last uses the last state"
        )
    checkpoint = read(file)
    loaded = load(run.config, overrides)
    values = checkpoint.state.values
    if not {"input/mean", "input/deviation"} <= values.keys():
        raise CheckpointError(f"{file} has no statistics of its inputs", hint="it was not written by netcli train")
    signature = checkpoint.identity.signature
    model = build(loaded, signature, Statistics(1.0, values["input/mean"], values["input/deviation"]))
    check_fits(file, checkpoint.state, model.variables.values())
    notes = checkpoint.notes(run.config, plain(loaded.config.model))
    return Trained(run, loaded, executor_of(loaded), signature, model, checkpoint.state, checkpoint.position, notes)
