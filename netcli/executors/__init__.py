"""Executors: ways to run a graph. To add one, add a folder and a line here."""

from __future__ import annotations

from netcli.errors import UsageError
from netcli.executors.executor import Executor, Feeds, Profile, Program, Spent, State, initial_state
from netcli.settings import nearest

__all__ = ["EXECUTORS", "Executor", "Feeds", "Profile", "Program", "Spent", "State", "executor", "initial_state"]

#: Names of the executors that can be asked for; the first is the default.
EXECUTORS = ("llvm", "numpy")


def executor(name: str) -> Executor:
    """The executor of this name; only its own libraries are imported. Raises UsageError."""
    match name:
        case "numpy":
            from netcli.executors.numpy import NumpyExecutor  # noqa: PLC0415

            return NumpyExecutor()
        case "llvm":
            from netcli.executors.llvm import LlvmExecutor  # noqa: PLC0415

            return LlvmExecutor()
        case _:
            close = nearest(name, EXECUTORS)
            hint = f'did you mean "{close}"?' if close else f"there are: {', '.join(EXECUTORS)}"
            raise UsageError(f'unknown executor "{name}"', hint=hint)
