"""Where training starts: at the beginning, or where an earlier part of the run ended."""

from __future__ import annotations

from netcli.errors import CheckpointError
from netcli.report.records import EpochRecord, read_epochs
from netcli.training.averages import Averages
from netcli.training.checkpoint import Checkpoint, Position, check_fits, read
from netcli.training.records import parameter_rows
from netcli.training.run_directory import RunDirectory
from netcli.training.session import Session

_CHANGED = "the file was changed; a run that is to go on needs it as it was"


def begin(session: Session) -> Checkpoint:
    """The start of a new run: initial weights. Whatever a graph or a machine cannot do about the model, is raised here."""
    state, fingerprint = session.initial_state(), session.executor.fingerprint
    return Checkpoint(state, Position(), {}, session.signature, fingerprint, session.digests)


def resume(run: RunDirectory, session: Session) -> tuple[Checkpoint, list[EpochRecord]]:
    """The last checkpoint and the records of the epochs before it; entries of later epochs are dropped from the metrics.

    Raises CheckpointError: broken, of another config, or other data than it was trained on.
    """
    checkpoint = read(run.last)
    check_fits(run.last, checkpoint.state, session.optimized_step.variables)
    _check_same(run, checkpoint, session)
    entries = [entry for entry in run.read_metrics() if entry["epoch"] <= checkpoint.position.epoch]
    model = parameter_rows(session.model.parameters, Averages(), ())
    try:
        records = read_epochs(entries, model, session.loaded.config.train.epochs)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CheckpointError(f"{run.metrics} does not fit the config: {error}", hint=_CHANGED) from error
    if [record.epoch for record in records] != list(range(1, checkpoint.position.epoch + 1)):
        raise CheckpointError(
            f"{run.metrics} has the epochs {[record.epoch for record in records]}, the checkpoint {checkpoint.position.epoch}",
            hint=_CHANGED,
        )
    run.rewrite(entries)
    return checkpoint, records


def _check_same(run: RunDirectory, checkpoint: Checkpoint, session: Session) -> None:
    """Raise CheckpointError unless data, plugins, seed and batches are those of the run, as an unbroken run has them."""
    difference = checkpoint.signature.difference(session.signature)
    if difference is not None:
        raise CheckpointError(
            f"{run.last} was trained on other data: {difference}", hint="bring back the data it was trained on, or train anew"
        )
    for path, digest in session.digests.items():
        if digest not in checkpoint.plugins.values():
            raise CheckpointError(
                f"the plugin {path} is not as it was when {run.last} was written", hint="bring back that file, or train anew"
            )
    seed, wanted = int(checkpoint.state.values["seed"]), session.loaded.config.seed
    if seed != wanted:
        raise CheckpointError(f"{run.last} was trained with the seed {seed}, not {wanted}", hint="train anew with another seed")
    done, position = int(checkpoint.state.values["step"]), checkpoint.position
    expected = position.epoch * session.steps_per_epoch + position.batch
    if done != expected:
        raise CheckpointError(
            f"{run.last} is at step {done}; with {session.steps_per_epoch} steps an epoch it would be at step {expected}",
            hint="keep data.batch_size as it was, or train anew with another one",
        )
