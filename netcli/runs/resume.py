"""Where training goes on: the last checkpoint of a run, and the records of the epochs before it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from netcli.errors import CheckpointError
from netcli.graph import Node
from netcli.runs.checkpoint import Checkpoint, check_fits, read
from netcli.runs.directory import RunDirectory
from netcli.runs.identity import Identity
from netcli.runs.metrics import EpochRecord, ParameterRow, read_epochs

_CHANGED = "the file was changed; a run that is to go on needs it as it was"


def last_checkpoint(run: RunDirectory, variables: Iterable[Node], identity: Identity) -> Checkpoint:
    """The last checkpoint of a run, for a network with these variables, trained on what has this identity now.

    Raises CheckpointError: broken, of another config, of another run than the best one beside it, or other data, plugins, seed
    or batches than an unbroken run would have.
    """
    checkpoint = read(run.last)
    check_fits(run.last, checkpoint.state, variables)
    change = checkpoint.identity.change(identity)
    if change is not None:
        raise CheckpointError(f"{run.last} {change.text}", hint=change.hint)
    done, position = int(checkpoint.state.values["step"]), checkpoint.position
    expected = position.epoch * identity.steps_per_epoch + position.batch
    if done != expected:
        raise CheckpointError(f"{run.last} is at step {done}, and says that it is at step {expected}", hint=_CHANGED)
    if position.best_epoch and read(run.best).run != checkpoint.run:
        raise CheckpointError(
            f"{run.best} is a checkpoint of another run than {run.last.name}", hint="bring back that of this run"
        )
    return checkpoint


def earlier_epochs(
    run: RunDirectory, checkpoint: Checkpoint, parameters: Sequence[ParameterRow], epochs: int
) -> list[EpochRecord]:
    """The records of the epochs that are complete in a checkpoint; entries of later ones are dropped from the metrics file.

    `parameters` gives each parameter's layer, line and shape by its name. Raises CheckpointError.
    """
    entries = [entry for entry in run.read_metrics() if entry["epoch"] <= checkpoint.position.epoch]
    try:
        records = read_epochs(entries, parameters, epochs)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CheckpointError(f"{run.metrics} does not fit the config: {error}", hint=_CHANGED) from error
    if [record.epoch for record in records] != list(range(1, checkpoint.position.epoch + 1)):
        raise CheckpointError(
            f"{run.metrics} has the epochs {[record.epoch for record in records]}, the checkpoint {checkpoint.position.epoch}",
            hint=_CHANGED,
        )
    run.rewrite(entries)
    return records
