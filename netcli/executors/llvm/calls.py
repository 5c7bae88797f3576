"""The kernels of a plan: what each is called with, what its code depends on, and how that code is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from llvmlite import ir

from netcli.executors.llvm.expressions import KERNEL, Scope
from netcli.executors.llvm.ir import Emitter
from netcli.executors.llvm.kernels.elementwise import emit_wide
from netcli.executors.llvm.kernels.gather import emit_gather, gather_parameters
from netcli.executors.llvm.kinds import FlatKind, Kind
from netcli.executors.llvm.levels import Level
from netcli.executors.llvm.lowering import emit_block_kernel, emit_late_kernel, emit_panel, emit_uniform_kernel
from netcli.executors.llvm.plan import Plan
from netcli.executors.llvm.schedule import Phase
from netcli.graph import Node


@dataclass(frozen=True, eq=False)
class Call:
    """A kernel as the driver calls it: by a name of its own, with the numbers of its kind.

    `more` are parameters besides `KERNEL`; in a `flat` kernel lanes are neighbouring elements of uniform values, see `Scope`.
    """

    name: str
    kind: Kind
    write: Callable[[Scope], None]
    more: tuple[ir.Type, ...] = ()
    flat: bool = False

    @property
    def type(self) -> ir.FunctionType:
        """Of its function."""
        return ir.FunctionType(ir.VoidType(), [*KERNEL, *self.more])

    def module(self, plan: Plan, symbol: str) -> ir.Module:
        """A module with the function, by this name, in it."""
        module = ir.Module("kernel")
        function = ir.Function(module, self.type, symbol)
        emitter = Emitter(module, ir.IRBuilder(function.append_basic_block("entry")))
        self.write(Scope(emitter, plan, self.kind, function.args[: len(KERNEL)], flat=self.flat))
        emitter.b.ret_void()
        return module


def calls_of(plan: Plan) -> dict[str, Call]:
    """Every call, by its name, in the order of the step."""
    return {call.name: call for call in _calls(plan)}


def functions(calls: Mapping[str, Call]) -> dict[str, str]:
    """For people: the function of each call, by the name of the first call that it has."""
    first: dict[str, str] = {}
    return {name: first.setdefault(call.kind.text, name) for name, call in calls.items()}


def _calls(plan: Plan) -> Iterator[Call]:
    gathered = False
    for count, phase in enumerate(plan.schedule.phases):
        if phase.varying:
            if not gathered:
                yield from _gathers(plan)
            gathered = True
            yield from _blocks(plan, count, phase)
        else:
            for number, level in enumerate(phase.levels):
                yield from _uniform(plan, f"uniform_{count}_{number}", level)


def _gathers(plan: Plan) -> Iterator[Call]:
    """What brings the data in."""
    for number, label in enumerate(plan.fed):
        node, name = plan.graph.placeholders[label], f"gather_{number}"

        def write(s: Scope, node: Node = node) -> None:
            emit_gather(s, node, *s.e.b.function.args[len(KERNEL) :])

        kind = Kind(plan, f"gather {node.type.dtype} {node.shape}", [plan.schedule.gathered(node)], name)
        yield Call(name, kind, write, tuple(gather_parameters(node)))


def _blocks(plan: Plan, count: int, phase: Phase) -> Iterator[Call]:
    """The kernels of a block phase, and those of what comes late."""
    for i, node in enumerate(phase.nodes):
        name, head = f"block_{count}_{i}", f"block, panels {plan.shared.get(node)}, alone {plan.alone}"
        yield Call(name, Kind(plan, head, [node], name), partial(emit_block_kernel, node=node))
    for i, node in enumerate(phase.late):
        name = f"late_{count}_{i}"
        yield Call(name, Kind(plan, "late", [node], name), partial(emit_late_kernel, node=node))


def _uniform(plan: Plan, prefix: str, level: Level) -> Iterator[Call]:
    """The kernels of a level of a uniform phase."""
    for i, wide in enumerate(level.wide):
        name = f"{prefix}_wide_{i}"
        kind = FlatKind(plan, wide.size, wide.nodes, name)
        yield Call(name, kind, partial(emit_wide, wide=wide), flat=True)
    for i, node in enumerate(level.panels):
        name = f"{prefix}_panel_{i}"
        yield Call(name, Kind(plan, "panel", [node], name), partial(emit_panel, node=node))
    for i, node in enumerate(level.narrow):
        name = f"{prefix}_narrow_{i}"
        yield Call(name, Kind(plan, "narrow", [node], name), partial(emit_uniform_kernel, node=node))
