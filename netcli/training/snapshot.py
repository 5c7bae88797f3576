"""What a command looks at: a network before its first step, or as a run has trained it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from netcli.config.load import load
from netcli.executors import State
from netcli.graph import Graph
from netcli.runs.checkpoint import check_fits
from netcli.runs.directory import open_run
from netcli.training.session import Session, prepare
from netcli.training.trained import Which, open_trained


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A session with the values of its model's variables, where they come from in words, and what to know of them beside."""

    session: Session
    state: State
    weights: str
    notes: Sequence[str] = ()


def open_snapshot(path: Path, overrides: Sequence[str] = (), which: Which = "best") -> Snapshot:
    """A config with its initial weights, or a run directory with those of a checkpoint, and the data of either.

    Raises UsageError, ConfigError, DataError and CheckpointError.
    """
    session = session_at(path, overrides)
    if not path.is_dir():
        return Snapshot(session, session.first_values(session.model.variables.values()), "initial weights")
    trained = open_trained(path, which, overrides)
    trained.check_data(session.data)
    return Snapshot(session, trained.state, f"{which} checkpoint of {path}, epoch {trained.position.epoch}", trained.notes)


def session_at(path: Path, overrides: Sequence[str] = ()) -> Session:
    """The session of a config file, or of the config of a run directory. Raises UsageError, ConfigError, CheckpointError."""
    return prepare(load(open_run(path).config if path.is_dir() else path, overrides))


def state_at(path: Path, session: Session, graph: Graph, which: Which) -> State:
    """The state in which `graph` is looked at: the initial one of a config, that of a checkpoint of a run.

    Raises CheckpointError where the run has no such checkpoint, or one of another graph, and DataError where its data are
    other data than the session's.
    """
    if not path.is_dir():
        return session.initial_state()
    trained = open_trained(path, which)
    trained.check_data(session.data)
    check_fits(trained.run.best if which == "best" else trained.run.last, trained.state, graph.variables)
    return trained.state
