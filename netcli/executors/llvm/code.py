"""A program's machine code: from the cache, or made and put there."""

from __future__ import annotations

from collections.abc import Sequence

from llvmlite import ir

from netcli.executors.cache import CodeCache
from netcli.executors.llvm.compiling import generate
from netcli.executors.llvm.driver import Driver
from netcli.executors.llvm.key import key_of
from netcli.executors.llvm.plan import Plan
from netcli.executors.llvm.stopwatch import Work
from netcli.executors.llvm.target import Cpu

_LENGTH = 8


def code_of(plan: Plan, cpu: Cpu, guards: Sequence[str], cache: CodeCache) -> list[bytes]:
    """The object files of a plan's program."""
    key = key_of(plan, cpu, guards)
    held = cache.get(key) if key else None
    if held is not None:
        return _objects(held)
    made = generate(lambda finished: Driver(plan, cpu, guards, finished), cpu)
    if key:
        cache.put(key, b"".join(len(each).to_bytes(_LENGTH) + each for each in made))
    return made


def timed_code_of(plan: Plan, cpu: Cpu, guards: Sequence[str]) -> tuple[list[bytes], Sequence[Work]]:
    """The object files of a program that counts the time of each piece of work, and these. They are not kept."""
    drivers: list[Driver] = []
    made = generate(lambda finished: drivers.append(Driver(plan, cpu, guards, finished, timed=True)), cpu)
    return made, drivers[0].stopwatch.work


def modules_of(plan: Plan, cpu: Cpu, guards: Sequence[str]) -> list[ir.Module]:
    """The modules of a plan's program, to be read."""
    modules: list[ir.Module] = []
    Driver(plan, cpu, guards, lambda module, _: modules.append(module))
    return modules


def _objects(held: bytes) -> list[bytes]:
    """The object files of an entry, each behind its length."""
    objects, at = [], 0
    while at < len(held):
        start = at + _LENGTH
        at = start + int.from_bytes(held[at:start])
        objects.append(held[start:at])
    return objects
