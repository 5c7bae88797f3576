"""Go on with a run: its config, its checkpoint, its records."""

from __future__ import annotations

from netcli.errors import CheckpointError
from netcli.report.records import EpochRecord, read_epochs
from netcli.training.averages import Averages
from netcli.training.checkpoint import Checkpoint, check_fits, read
from netcli.training.records import parameter_rows
from netcli.training.run_directory import RunDirectory
from netcli.training.session import Session


def resume(run: RunDirectory, session: Session) -> tuple[Checkpoint, list[EpochRecord]]:
    """The last checkpoint and the records of the epochs before it; entries of later epochs are dropped from the metrics.

    Raises CheckpointError: broken, of another config, or other data than it was trained on.
    """
    checkpoint = read(run.last)
    check_fits(run.last, checkpoint.state, list(session.optimized_step.variables))
    if checkpoint.signature != session.signature:
        raise CheckpointError(
            f"{run.last} was trained on {checkpoint.signature}, the data is now {session.signature}",
            hint="bring back the data it was trained on, or train anew",
        )
    entries = [entry for entry in run.read_metrics() if entry["epoch"] <= checkpoint.position.epoch]
    model = parameter_rows(session.model.parameters, Averages(), ())
    try:
        records = read_epochs(entries, model, session.loaded.config.train.epochs)
    except (KeyError, TypeError) as error:
        raise CheckpointError(f"{run.metrics} does not fit the config: {error}") from error
    if [record.epoch for record in records] != list(range(1, checkpoint.position.epoch + 1)):
        raise CheckpointError(
            f"{run.metrics} has the epochs {[record.epoch for record in records]}, the checkpoint {checkpoint.position.epoch}",
            hint="the file was changed; remove nothing from a run that is to go on",
        )
    run.rewrite(entries)
    return checkpoint, records
