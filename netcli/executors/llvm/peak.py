"""The multiply-adds that the CPU can do, measured: what the times of kernels are compared with."""

from __future__ import annotations

import ctypes
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from llvmlite import ir

from netcli.executors.llvm.compiling import Compiled, object_code
from netcli.executors.llvm.ir import F32, I64, Emitter
from netcli.executors.llvm.stopwatch import now
from netcli.executors.llvm.target import LANES, Cpu, cpus

#: Nanoseconds of a burst, so few that most bursts are not interrupted, and how many there are.
_BURST, _BURSTS = 50_000, 1000
#: Turns of the loop in the bursts that tell how many fill the time.
_FIRST_TURNS = 1000
#: Values of 16 lanes that are kept free of sums, for the factors.
_FACTORS = 2


def measured_peak(cpu: Cpu, threads: int) -> float:
    """The most floating-point operations a second of so many threads, two for a multiply-add, in about 50 ms.

    They work side by side, since cores may share their units or slow each other down; the median burst of each counts. Threads
    for which there is no core add nothing.
    """
    threads = min(threads, cpus())
    compiled = Compiled([object_code(peak_module(cpu), cpu)], cpu)
    kernel = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p)(compiled.address("peak"))

    def burst(turns: int) -> float:
        """Nanoseconds of so many turns."""
        times, sums = np.zeros(_BURSTS, np.int64), np.zeros(LANES, np.float32)
        kernel(turns, len(times), times.ctypes.data, sums.ctypes.data)
        return float(np.median(times))

    turns = max(1, round(_FIRST_TURNS * _BURST / max(burst(_FIRST_TURNS), 1)))
    with ThreadPoolExecutor(threads) as team:
        each = team.map(burst, [turns] * threads)
        return sum(2 * LANES * _sums(cpu) * turns / nanoseconds * 1e9 for nanoseconds in each)


def _sums(cpu: Cpu) -> int:
    """As many sums of 16 lanes as stay in registers: they do not wait for each other."""
    return cpu.values - _FACTORS


def peak_module(cpu: Cpu) -> ir.Module:
    """`peak(turns, bursts, times, sums)`: the nanoseconds of each burst, in which so many products are added to each sum."""
    module = ir.Module("peak")
    kind = ir.FunctionType(ir.VoidType(), [I64, I64, I64.as_pointer(), F32.as_pointer()])
    function = ir.Function(module, kind, "peak")
    turns, bursts, times, sums = function.args
    e = Emitter(module, ir.IRBuilder(function.append_basic_block("entry")))
    x, y = (e.splat(e.b.load(e.b.gep(sums, [I64(lane)]))) for lane in (0, 1))  # no constants, which would be folded
    starts = [e.splat(float(number)) for number in range(_sums(cpu))]  # each its own, or equal ones would become one
    with e.loop(bursts) as burst:
        begun = now(e)
        with e.carrying(turns, starts) as turn:
            turn.values = [e.fma(value, x, y) for value in turn.values]
        e.b.store(e.b.sub(now(e), begun), e.b.gep(times, [burst]))
        total = turn.values[0]
        for value in turn.values[1:]:
            total = e.b.fadd(total, value)
        e.store_unaligned(total, sums)
    e.b.ret_void()
    return module
