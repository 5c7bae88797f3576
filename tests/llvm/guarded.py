"""Kernels compiled and run in tests, on arrays with canaries all round: before, behind, and in every halo."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from llvmlite import ir

from netcli.executors.llvm.compiling import Compiled, object_code
from netcli.executors.llvm.ir import F32, I64, Array, Emitter, Layout
from netcli.executors.llvm.target import LANES, Cpu

#: The bits of the canary: a NaN of its own, so that whoever reads it shows it.
CANARY = 0x7FC0CAFE
_ROOM = 8 * LANES

Floats = np.ndarray[Any, np.dtype[np.floating[Any]]]
#: Writes a kernel: (emitter, its arrays, how many blocks).
Emit = Callable[[Emitter, Sequence[Array], ir.Value], None]


@dataclass
class Guarded:
    """Memory of one array."""

    layout: Layout
    blocks: int
    varying: bool = True
    memory: np.ndarray[Any, np.dtype[np.uint32]] = field(init=False)
    start: int = field(init=False)

    def __post_init__(self) -> None:
        self.memory = np.full(self._length() + 3 * _ROOM, CANARY, np.uint32)
        self.start = _ROOM + (-self.memory.ctypes.data // 4) % LANES

    def _length(self) -> int:
        return self.layout.size * LANES * self.blocks if self.varying else self.layout.size

    def _elements(self, memory: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """The elements themselves: (block, lane, …) if varying, or (…)."""
        lanes = LANES if self.varying else 1
        shape, strides = self.layout.shape, tuple(4 * lanes * stride for stride in self.layout.strides)
        first = memory[self.start + lanes * self.layout.offset :]
        if not self.varying:
            return np.lib.stride_tricks.as_strided(first, shape, strides)
        return np.lib.stride_tricks.as_strided(first, (self.blocks, LANES, *shape), (4 * lanes * self.layout.size, 4, *strides))

    @property
    def address(self) -> int:
        """Where it begins."""
        return self.memory.ctypes.data + 4 * self.start

    def write(self, values: Floats) -> Guarded:
        """Set the elements, `(examples, …)` if varying."""
        target = self._elements(self.memory.view(np.float32))
        target[...] = values.reshape(target.shape)
        return self

    def read(self) -> Floats:
        """The elements, `(examples, …)` if varying."""
        values = self._elements(self.memory.view(np.float32)).copy()
        return values.reshape(self.blocks * LANES, *self.layout.shape) if self.varying else values

    def assert_guarded(self) -> None:
        """Nothing round the elements was written."""
        rest = self.memory.copy()
        self._elements(rest)[...] = CANARY
        assert (rest == CANARY).all(), "something was written outside the array"


def varying(values: Floats, halo: tuple[int, int, int, int] = (0, 0, 0, 0)) -> Guarded:
    """Values `(examples, …)` of whole blocks."""
    layout = Layout.with_halo(values.shape[1:], halo)
    return Guarded(layout, values.shape[0] // LANES).write(values)


def uniform(values: Floats) -> Guarded:
    """Values of their own shape."""
    return Guarded(Layout.dense(values.shape), 1, varying=False).write(values)


def module_of(emit: Emit, layouts: Sequence[tuple[Layout, bool]]) -> ir.Module:
    """A module with one function, `kernel`, of these arrays (layout, varying) and a number of blocks."""
    module = ir.Module("kernel")
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), [F32.as_pointer()] * len(layouts) + [I64]), "kernel")
    for argument in function.args[:-1]:
        argument.add_attribute("noalias")
    e = Emitter(module, ir.IRBuilder(function.append_basic_block("entry")))
    arrays = [Array(argument, *layout) for argument, layout in zip(function.args, layouts, strict=False)]
    emit(e, arrays, function.args[-1])
    e.b.ret_void()
    return module


def run(emit: Emit, cpu: Cpu, arrays: Sequence[Guarded], blocks: int) -> None:
    """Compile a kernel and run it; the canaries of all arrays must survive."""
    module = module_of(emit, [(array.layout, array.varying) for array in arrays])
    compiled = Compiled([object_code(str(module), cpu)], cpu)
    kernel = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * len(arrays), ctypes.c_int64)(compiled.address("kernel"))
    kernel(*[array.address for array in arrays], blocks)
    for array in arrays:
        array.assert_guarded()


def assert_compiles_for(emit: Emit, cpu: Cpu, layouts: Sequence[tuple[Layout, bool]]) -> None:
    """LLVM makes an object of it for this CPU, which need not be the machine's own."""
    assert object_code(str(module_of(emit, layouts)), cpu)
