"""The keys of code in the cache: digests of all that the code depends on.

For a program these are netcli's own sources that write the code, the versions of what they use, the CPU, the guards, every node
of the graph with its attributes and constants, and the whole plan: what is stored, in which phases, where each buffer lies. For
a kernel they are the sources, the versions, the CPU, and its kind.
"""

from __future__ import annotations

import logging
import platform
from collections.abc import Mapping, Sequence
from functools import cache
from hashlib import blake2b
from pathlib import Path

import llvmlite
import llvmlite.binding as llvm
import numpy as np

import netcli
from netcli.executors.llvm.kinds import Kind, is_foreign
from netcli.executors.llvm.plan import Plan
from netcli.executors.llvm.target import Cpu
from netcli.executors.llvm.texts import value_text
from netcli.graph import Graph, Node, Placeholder, Setting, Variable

_log = logging.getLogger(__name__)

#: Folders of netcli whose sources write the code; a test holds that these import no others.
SOURCES = ("executors/llvm", "graph", "ops")


def key_of(plan: Plan, cpu: Cpu, guards: Sequence[str]) -> str | None:
    """The key of a program, but for its foreign kernels; None where it is not known what code is made with."""
    graph, made = plan.graph, made_with()
    if made is None:
        return None
    number = {node: i for i, node in enumerate(graph.nodes)}
    parts = [made, value_text(cpu, number), value_text(guards, number), *_lines(graph, number)]
    parts += [f"{name}: {value_text(value, number)}" for name, value in vars(plan).items() if name != "graph"]
    return _digest(parts)


def kernel_key(kind: Kind, cpu: Cpu) -> str | None:
    """The key of a kernel's code; None where it is not known what that depends on."""
    made = made_with()
    return None if made is None or kind.foreign else _digest([made, value_text(cpu, {}), kind.text])


def _digest(parts: Sequence[str]) -> str:
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
    lines = [
        f"{_op_text(node, number)} {value_text(node.inputs, number)} {value_text(node.type, number)}" for node in graph.nodes
    ]
    lines.append(f"outputs {[(name, number[node]) for name, node in graph.outputs.items()]}")
    lines.append(f"updates {[(number[target], number[value]) for target, value in graph.updates.items()]}")
    return lines


def _op_text(node: Node, number: Mapping[Node, int]) -> str:
    """An operation with its attributes; of a foreign one its class: its kernels are no part of the program."""
    op, name = node.op, type(node.op).__qualname__
    if is_foreign(op):
        return f"{type(op).__module__} {name}"
    return f"{name} {op.label if isinstance(op, Placeholder | Variable | Setting) else value_text(op, number)}"
