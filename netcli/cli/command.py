"""What makes a function a command, and how the commands of the folder are found."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import ParamSpec

from netcli.cli.running import guarded

P = ParamSpec("P")


class Group(Enum):
    """What a command is for. The help lists the groups in this order, the commands of a group by name."""

    TRAIN = auto()
    USE = auto()
    """What is trained."""
    LOOK = auto()
    """Into a network: its graph, gradients, speed."""
    WRITE = auto()
    """A config."""
    TIDY = auto()
    """What netcli keeps on this machine."""


@dataclass(frozen=True)
class Command:
    """A command: its name on the command line, its group, and the function that typer calls."""

    name: str
    group: Group
    run: Callable[..., None]


_found: dict[str, Command] = {}


def command(group: Group) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Make the decorated function a command, with errors shown for people.

    Its parameters are its arguments and options, its docstring is its help. `inspect_graph` in `netcli/cli/inspect_graph.py`
    is `netcli inspect-graph`. Raises TypeError where the function is not called as its file.
    """

    def mark(function: Callable[P, None]) -> Callable[P, None]:
        name, expected = function.__name__, function.__module__.rpartition(".")[2]
        if name != expected:
            raise TypeError(f"{function.__module__}: the command must be called {expected}, as its file; found {name}")
        run = guarded(function)
        word = name.replace("_", "-")
        _found[word] = Command(word, group, run)
        return run

    return mark


def commands(package: str) -> Sequence[Command]:
    """The commands of a folder, in the order of the help."""
    folder = importlib.import_module(package)
    for info in pkgutil.iter_modules(folder.__path__):
        importlib.import_module(f"{package}.{info.name}")
    return sorted(_found.values(), key=lambda found: (list(Group).index(found.group), found.name))
