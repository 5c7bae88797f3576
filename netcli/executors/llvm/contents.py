"""What is inside a kernel: the nodes that it computes, and those that it reads."""

from __future__ import annotations

from netcli.executors.llvm.schedule import Schedule
from netcli.graph import Node, read_by


def computed(schedule: Schedule, node: Node) -> tuple[Node, ...]:
    """What the kernel that stores a node computes, in graph order: its producer, what is inlined, and the node itself."""
    return _contents(schedule, node)[0]


def read(schedule: Schedule, node: Node) -> tuple[Node, ...]:
    """The stored nodes that the kernel reads, in graph order; numbers are part of its code."""
    return _contents(schedule, node)[1]


def _contents(schedule: Schedule, node: Node) -> tuple[tuple[Node, ...], tuple[Node, ...]]:
    inside: dict[Node, None] = {node: None}
    outside: dict[Node, None] = {}
    stack = [*read_by(node)]
    while stack:
        x = stack.pop()
        if x in schedule.stored:
            outside[x] = None
        elif x not in inside and (x.inputs or x in schedule.fused.values()):
            inside[x] = None
            stack += read_by(x)
    order = schedule.order
    return tuple(sorted(inside, key=order.__getitem__)), tuple(sorted(outside, key=order.__getitem__))
