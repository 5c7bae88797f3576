"""What a command looks at: a network before its first step, or as a run has trained it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from netcli.config.load import load
from netcli.executors import State
from netcli.training.session import Session, prepare
from netcli.training.trained import Which, open_trained


@dataclass(frozen=True, eq=False)
class Subject:
    """A session with the values of its model's variables, and where they come from in words."""

    session: Session
    state: State
    weights: str


def open_subject(path: Path, overrides: Sequence[str] = (), which: Which = "best") -> Subject:
    """A config with its initial weights, or a run directory with those of a checkpoint, and the data of either.

    Raises UsageError, ConfigError, DataError and CheckpointError.
    """
    if not path.is_dir():
        session = prepare(load(path, overrides))
        return Subject(session, session.first_values(session.model.variables.values()), "initial weights")
    trained = open_trained(path, which, overrides)
    session = prepare(trained.loaded)
    trained.check_data(session.data)
    return Subject(session, trained.state, f"{which} checkpoint of {path}, epoch {trained.position.epoch}")
