"""Executors: ways to run a graph. Each is a folder with one class derived from `Executor`; nothing else names it."""

from __future__ import annotations

import importlib
import pkgutil

from netcli.errors import UsageError
from netcli.executors.executor import Executor, Feeds, Profile, Program, Spent, State, initial_state
from netcli.settings import nearest

__all__ = ["EXECUTORS", "Executor", "Feeds", "Profile", "Program", "Spent", "State", "executor", "initial_state"]

#: Names of the executors that can be asked for: the folders beside this file.
EXECUTORS = tuple(sorted(info.name for info in pkgutil.iter_modules(__path__) if info.ispkg))


def executor(name: str) -> Executor:
    """The executor of this name; only its own libraries are imported. Raises UsageError.

    Raises TypeError where a folder's `__init__.py` does not define one executor with the folder's name.
    """
    if name not in EXECUTORS:
        close = nearest(name, EXECUTORS)
        hint = f'did you mean "{close}"?' if close else f"there are: {', '.join(EXECUTORS)}"
        raise UsageError(f'unknown executor "{name}"', hint=hint)
    module = importlib.import_module(f"{__name__}.{name}")
    found = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Executor) and value.__module__ == module.__name__
    ]
    if [kind.name for kind in found] != [name]:
        names = ", ".join(kind.__name__ for kind in found) or "none"
        raise TypeError(f'{module.__name__} must define one Executor with the name "{name}", found {names}')
    return found[0]()
