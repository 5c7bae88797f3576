"""The key of a program's code in the cache: a digest of all that the code depends on.

These are netcli's own sources that write the code, the versions of what they use, the CPU, the guards, every node of the graph
with its attributes and constants, and the whole plan: what is stored, in which phases, where each buffer lies.
"""

from __future__ import annotations

import dataclasses
import logging
import platform
from collections.abc import Mapping, Sequence
from enum import Enum
from functools import cache
from hashlib import blake2b
from pathlib import Path

import llvmlite
import llvmlite.binding as llvm
import numpy as np

import netcli
from netcli.executors.llvm.plan import Plan
from netcli.executors.llvm.schedule import Schedule
from netcli.executors.llvm.target import Cpu
from netcli.graph import Graph, Node, Placeholder, Variable

_log = logging.getLogger(__name__)

#: Folders of netcli whose sources write the code; a test holds that these import no others.
SOURCES = ("executors/llvm", "graph", "ops")

_OWN = tuple(f"netcli.{name.replace('/', '.')}." for name in SOURCES)

#: Their `repr` tells all of them.
_PLAIN = {type(None), bool, int, float, str, bytes}


def key_of(plan: Plan, cpu: Cpu, guards: Sequence[str]) -> str | None:
    """The key; None where it is not known what the code depends on, for operations that are not netcli's own."""
    graph, made = plan.graph, made_with()
    if made is None or not all(type(node.op).__module__.startswith(_OWN) for node in graph.nodes):
        return None
    number = {node: i for i, node in enumerate(graph.nodes)}
    parts = [made, _text(cpu, number), _text(guards, number), *_lines(graph, number)]
    parts += [f"{name}: {_text(value, number)}" for name, value in vars(plan).items() if name != "graph"]
    return blake2b("\n".join(parts).encode(), digest_size=32).hexdigest()


@cache
def made_with() -> str | None:
    """The sources and versions that code is made with, the sources as they were at the first call; None if there are none."""
    try:
        sources = _sources(Path(netcli.__file__).parent)
    except OSError as error:
        _log.warning(
            "warning: compiled code is not kept: its key is made of netcli's sources, which cannot be read (%s)", error
        )
        return None
    versions = [platform.python_version(), np.__version__, llvmlite.__version__, *map(str, llvm.llvm_version_info)]
    return " ".join([sources, *versions])


def _sources(folder: Path) -> str:
    digest = blake2b()
    for name in SOURCES:
        files = sorted((folder / name).rglob("*.py"))
        if not files:
            raise FileNotFoundError(f"{folder / name} has none")
        for path in files:
            text = path.read_bytes()
            digest.update(f"{path.relative_to(folder)} {len(text)}\n".encode() + text)
    return digest.hexdigest()


def _lines(graph: Graph, number: Mapping[Node, int]) -> list[str]:
    """Every node, by the numbers of its inputs; names and identities are nothing to the code, labels name what is fed."""
    lines = []
    for node in graph.nodes:
        op = node.op.label if isinstance(node.op, Placeholder | Variable) else _text(node.op, number)
        lines.append(f"{type(node.op).__qualname__} {op} {_text(node.inputs, number)} {_text(node.type, number)}")
    lines.append(f"outputs {[(name, number[node]) for name, node in graph.outputs.items()]}")
    lines.append(f"updates {[(number[target], number[value]) for target, value in graph.updates.items()]}")
    return lines


def _text(value: object, number: Mapping[Node, int]) -> str:
    """A text that is the same for equal values only, in every process."""
    if type(value) in _PLAIN:
        return repr(value)
    match value:
        case Node():
            return f"#{number[value]}"
        case tuple() | list():
            return f"[{','.join([_text(each, number) for each in value])}]"
        case set() | frozenset():
            return f"{{{','.join(sorted([_text(each, number) for each in value]))}}}"
        case dict():
            return f"{{{','.join(sorted([f'{_text(k, number)}:{_text(v, number)}' for k, v in value.items()]))}}}"
        case Enum():
            return repr(value)
        case Schedule():
            return _text({name: each for name, each in vars(value).items() if name != "graph"}, number)
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            fields = [f"{field.name}={_text(getattr(value, field.name), number)}" for field in dataclasses.fields(value)]
            return f"{type(value).__qualname__}({','.join(fields)})"
        case _:
            raise TypeError(f"a {type(value).__qualname__} cannot be part of a key: {value!r}")
