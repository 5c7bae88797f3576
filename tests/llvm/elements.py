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
from netcli.executors.llvm.lanes import BITS, Lanes, Namespace, from_memory, to_memory
from netcli.executors.llvm.target import LANES, Cpu, cpu
from netcli.graph import Array

Function = Callable[[Namespace, Sequence[Lanes]], Lanes]
#: CPUs whose code may run here: the machine's own, which is None, and an older one of its kind.
RUNNABLE = [None, "haswell"] if llvm.get_host_cpu_features().get("avx2") else [None]
on_every_cpu = pytest.mark.parametrize("name", RUNNABLE, ids=str)


def module_of(function: Function, dtypes: Sequence[str]) -> tuple[ir.Module, str]:
    """`void elements(float* input, …, float* output, int64 vectors)`: the function of every sixteen numbers; and its dtype."""
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
        result = function(Namespace(emitter), values)
        emitter.store_unaligned(to_memory(result), emitter.b.gep(output, [at]))
    emitter.b.ret_void()
    return module, result.dtype


def assembly(function: Function, dtypes: Sequence[str], name: str) -> str:
    """The instructions for a CPU that need not be this one."""
    target = cpu(name)
    machine = target.machine()
    module, _ = module_of(function, dtypes)
    module.triple, module.data_layout = target.triple, str(machine.target_data)
    return str(machine.emit_assembly(llvm.parse_assembly(str(module))))


class Elements:
    """A function of lanes, for arrays of one shape: of these dtypes, whatever they come in."""

    def __init__(self, function: Function, dtypes: Sequence[str], target: Cpu) -> None:
        module, self._result = module_of(function, dtypes)
        self._dtypes, self._compiled = tuple(dtypes), Compiled([object_code(module, target)], target)
        pointers = [ctypes.c_void_p] * (len(dtypes) + 1)
        self._call = ctypes.CFUNCTYPE(None, *pointers, ctypes.c_int64)(self._compiled.address("elements"))

    def __call__(self, *arrays: Array) -> Array:
        """Its values, integers of 32 bits as they are, all others as float32.

        A last vector that is not full computes numbers that nobody reads.
        """
        count = arrays[0].size
        size = -(-count // LANES) * LANES
        stored = [np.asarray(x, d if d in BITS else "float32") for x, d in zip(arrays, self._dtypes, strict=True)]
        inputs = [np.resize(x.ravel(), size) for x in stored]
        output = np.empty(size, "float32")
        self._call(*(x.ctypes.data for x in (*inputs, output)), size // LANES)
        return output.view(self._result if self._result in BITS else "float32")[:count].reshape(arrays[0].shape)
