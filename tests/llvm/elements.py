"""Functions of lanes, compiled and applied to arrays."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence

import llvmlite.binding as llvm
import numpy as np
import pytest
from llvmlite import ir

from netcli.executors.llvm.compiling import Compiled, object_code
from netcli.executors.llvm.ir import F32, I64, Emitter
from netcli.executors.llvm.lanes import Lanes, Namespace, from_memory, to_memory
from netcli.executors.llvm.target import LANES, Cpu, cpu
from netcli.graph import Array

Function = Callable[[Namespace, Sequence[Lanes]], Lanes]
#: CPUs whose code may run here: the machine's own, which is None, and an older one of its kind.
RUNNABLE = [None, "haswell"] if llvm.get_host_cpu_features().get("avx2") else [None]
on_every_cpu = pytest.mark.parametrize("name", RUNNABLE, ids=str)


def module_of(function: Function, dtypes: Sequence[str]) -> ir.Module:
    """`void elements(float* input, …, float* output, int64 vectors)`: the function of every sixteen numbers."""
    module = ir.Module("elements")
    pointer = F32.as_pointer()
    type_ = ir.FunctionType(ir.VoidType(), [pointer] * (len(dtypes) + 1) + [I64])
    begun = ir.Function(module, type_, "elements")
    *inputs, output, vectors = begun.args
    emitter = Emitter(module, ir.IRBuilder(begun.append_basic_block("entry")))
    with emitter.loop(vectors) as i:
        at = emitter.index(emitter.mul(i, LANES))
        values = [
            from_memory(emitter, emitter.load_unaligned(emitter.b.gep(x, [at])), dtype)
            for x, dtype in zip(inputs, dtypes, strict=True)
        ]
        emitter.store_unaligned(to_memory(function(Namespace(emitter), values)), emitter.b.gep(output, [at]))
    emitter.b.ret_void()
    return module


def assembly(function: Function, dtypes: Sequence[str], name: str) -> str:
    """The instructions for a CPU that need not be this one."""
    target = cpu(name)
    machine = target.machine()
    module = module_of(function, dtypes)
    module.triple, module.data_layout = target.triple, str(machine.target_data)
    return str(machine.emit_assembly(llvm.parse_assembly(str(module))))


class Elements:
    """A function of lanes, for arrays of float32 (what the memory holds, whatever the dtypes) of one shape."""

    def __init__(self, function: Function, dtypes: Sequence[str], target: Cpu) -> None:
        self._compiled = Compiled([object_code(str(module_of(function, dtypes)), target)], target)
        pointers = [ctypes.c_void_p] * (len(dtypes) + 1)
        self._call = ctypes.CFUNCTYPE(None, *pointers, ctypes.c_int64)(self._compiled.address("elements"))

    def __call__(self, *arrays: Array) -> Array:
        """Its values, as float32; a last vector that is not full computes numbers that nobody reads."""
        count = arrays[0].size
        size = -(-count // LANES) * LANES
        inputs = [np.resize(np.asarray(x, "float32").ravel(), size) for x in arrays]
        output = np.empty(size, "float32")
        self._call(*(x.ctypes.data for x in (*inputs, output)), size // LANES)
        return output[:count].reshape(arrays[0].shape)
