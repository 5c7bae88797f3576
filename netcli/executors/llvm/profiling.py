"""From the counters of a timed program to where the time of a step went."""

from __future__ import annotations

from collections.abc import Sequence

from netcli.executors.executor import Spent
from netcli.executors.llvm.contents import computed
from netcli.executors.llvm.schedule import Schedule
from netcli.executors.llvm.stopwatch import Work
from netcli.graph import Array, Node


def spent(schedule: Schedule, work: Sequence[Work], counters: Array, steps: int) -> tuple[Spent, ...]:
    """The time of each piece of work in one of so many steps. `counters` are nanoseconds, (threads, pieces of work)."""
    nanoseconds = counters.sum(axis=0)
    return tuple(_spent(schedule, piece, float(nanoseconds[number]) * 1e-9 / steps) for number, piece in enumerate(work))


def _spent(schedule: Schedule, work: Work, seconds: float) -> Spent:
    match work.kind:
        case "gather":
            fed = [node for node in schedule.graph.placeholders.values() if node.type.varying]
            return Spent("gather", _together(schedule, [schedule.gathered(node) for node in fed]), seconds)
        case "sum of groups":
            return Spent("sums", work.nodes, seconds)
        case "wait":
            return Spent("wait", (), seconds)
        case "finish":
            return Spent("finish", (), seconds)
    return Spent("nodes", _together(schedule, work.nodes), seconds)


def _together(schedule: Schedule, nodes: Sequence[Node]) -> tuple[Node, ...]:
    """What is computed for these nodes, first what the first kernel is made for."""
    first = schedule.fused.get(nodes[0], nodes[0])
    inside = dict.fromkeys(x for node in nodes for x in computed(schedule, node))
    return tuple(dict.fromkeys([first, *inside]))
