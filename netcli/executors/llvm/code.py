"""A program's machine code: from the cache, or made and put there.

The cache keeps whole programs, which are found at once, and behind them each kernel by itself: a new program takes from it what
others have in common with it, and only what is left is written and compiled. Kernels with an operation that is not netcli's own
are not kept: no key tells what they do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from llvmlite import ir

from netcli.executors.cache import CodeCache
from netcli.executors.executor import Told, nobody
from netcli.executors.llvm.calls import Call, calls_of, functions
from netcli.executors.llvm.compiling import Generator, generating
from netcli.executors.llvm.driver import Driver
from netcli.executors.llvm.key import kernel_key, key_of
from netcli.executors.llvm.kinds import is_foreign
from netcli.executors.llvm.plan import Plan
from netcli.executors.llvm.stopwatch import Work
from netcli.executors.llvm.target import Cpu

_LENGTH = 8


@dataclass(frozen=True)
class Code:
    """Object files; how many kernels there are, and how many of them were compiled now; the work that timed code counts."""

    objects: list[bytes]
    kernels: int = 0
    compiled: int = 0
    work: Sequence[Work] = ()


def code_of(plan: Plan, cpu: Cpu, guards: Sequence[str], cache: CodeCache, told: Told = nobody) -> Code:
    """A plan's program; `told` is told how many of the kernels that have to be compiled are."""
    key = key_of(plan, cpu, guards)
    held = cache.get(key) if key else None
    foreign = _foreign(plan, cpu)
    if held is not None:
        return Code(_objects(held) + foreign, compiled=len(foreign))
    made = _made(plan, cpu, guards, cache, told)
    if key:
        cache.put(key, b"".join(len(each).to_bytes(_LENGTH) + each for each in made.objects))
    return Code(made.objects + foreign, made.kernels + len(foreign), made.compiled + len(foreign))


def timed_code_of(plan: Plan, cpu: Cpu, guards: Sequence[str], cache: CodeCache) -> Code:
    """A program that counts the time of each piece of work. Of it only the kernels are kept."""
    made = _made(plan, cpu, guards, cache, nobody, timed=True)
    return Code(made.objects + _foreign(plan, cpu), work=made.work)


def modules_of(plan: Plan, cpu: Cpu, guards: Sequence[str]) -> list[ir.Module]:
    """The modules of a plan's program, to be read: the function of a kernel has the name of its first call."""
    calls = calls_of(plan)
    symbols = functions(calls)
    driver = Driver(plan, cpu, guards, calls, symbols)
    kernels = [call.module(plan, name) for name, call in calls.items() if symbols[name] == name]
    return [module for module in (*kernels, driver.routines.module, driver.steps) if module.functions]


def _made(plan: Plan, cpu: Cpu, guards: Sequence[str], cache: CodeCache, told: Told, *, timed: bool = False) -> Code:
    """A program without its foreign kernels."""
    calls = calls_of(plan)
    kinds = {call.kind.symbol: call for call in calls.values() if not call.kind.foreign}
    keys = {symbol: key for symbol, call in kinds.items() if (key := kernel_key(call.kind, cpu))}
    held = {symbol: code for symbol, key in keys.items() if (code := cache.get(key)) is not None}
    with generating(cpu) as generator:
        begun = _begun(plan, generator, {symbol: call for symbol, call in kinds.items() if symbol not in held}, told)
        driver = Driver(plan, cpu, guards, calls, {name: call.kind.symbol for name, call in calls.items()}, timed=timed)
        modules = [(driver.routines.module, True), (driver.steps, False)]
        rest = [generator.begin(module, fast=fast) for module, fast in modules if module.functions]
        made = _ended(begun, told)
        objects = [*held.values(), *made.values(), *(code.result() for code in rest)]
    cache.put_all({keys[symbol]: code for symbol, code in made.items() if symbol in keys})
    return Code(objects, len(kinds), len(made), driver.stopwatch.work)


def _foreign(plan: Plan, cpu: Cpu) -> list[bytes]:
    """The object files of the kernels with operations that are not netcli's own."""
    if not any(is_foreign(node.op) for node in plan.graph.nodes):
        return []
    calls = {call.kind.symbol: call for call in calls_of(plan).values() if call.kind.foreign}
    with generating(cpu) as generator:
        return [code.result() for code in _begun(plan, generator, calls).values()]


def _begun(plan: Plan, generator: Generator, calls: Mapping[str, Call], told: Told = nobody) -> dict[str, Future[bytes]]:
    """The kernels of calls, written one after the other."""
    begun: dict[str, Future[bytes]] = {}
    for symbol, call in calls.items():
        begun[symbol] = generator.begin(call.module(plan, symbol))
        told(sum(code.done() for code in begun.values()), len(calls))
    return begun


def _ended(begun: Mapping[str, Future[bytes]], told: Told) -> dict[str, bytes]:
    """Their object files, which come in the order in which they were written."""
    made: dict[str, bytes] = {}
    for symbol, code in begun.items():
        made[symbol] = code.result()
        told(len(made), len(begun))
    return made


def _objects(held: bytes) -> list[bytes]:
    """The object files of an entry, each behind its length."""
    objects, at = [], 0
    while at < len(held):
        start = at + _LENGTH
        at = start + int.from_bytes(held[at:start])
        objects.append(held[start:at])
    return objects
