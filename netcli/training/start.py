"""Where training starts: at the beginning, or where an earlier part of the run ended."""

from __future__ import annotations

import uuid

from netcli.runs.checkpoint import Checkpoint, Position
from netcli.runs.directory import RunDirectory
from netcli.runs.metrics import EpochRecord
from netcli.runs.resume import earlier_epochs, last_checkpoint
from netcli.training.parameter_rows import parameter_rows
from netcli.training.session import Session


def begin(session: Session) -> Checkpoint:
    """The start of a new run, with an id of its own: initial weights."""
    return Checkpoint(
        run=uuid.uuid4().hex,
        state=session.initial_state(),
        position=Position(),
        sums={},
        identity=session.identity,
        config=session.config_digests,
        fingerprint=session.executor.fingerprint,
    )


def resume(run: RunDirectory, session: Session) -> tuple[Checkpoint, list[EpochRecord]]:
    """The last checkpoint of a run and the records of the epochs before it. Raises CheckpointError where it cannot go on."""
    checkpoint = last_checkpoint(run, session.optimized_step.variables, session.identity)
    parameters = parameter_rows(session.model.parameters, session.averages(), ())
    return checkpoint, earlier_epochs(run, checkpoint, parameters, session.loaded.config.train.epochs)
