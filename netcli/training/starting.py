"""A network to look at: as a config begins it, or as a run left it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from netcli.config.load import load
from netcli.executors import State
from netcli.graph import Graph
from netcli.training.checkpoint import check_fits
from netcli.training.run_directory import open_run
from netcli.training.session import Session, prepare
from netcli.training.trained import Which, open_trained


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
