"""Compiled code with its memory: what runs steps."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait

import numpy as np

from netcli.errors import ExecutorError
from netcli.executors.executor import Feeds, State
from netcli.executors.llvm.compiling import Compiled
from netcli.executors.llvm.lanes import BITS
from netcli.executors.llvm.plan import Plan
from netcli.executors.llvm.stopwatch import MOST_WORK, Work
from netcli.executors.llvm.target import LANES
from netcli.executors.llvm.team import FRAME
from netcli.graph import Array, Known, Node, Variable, op_of

#: Seconds that native code may run between two looks of Python, and the most steps in that time.
PATIENCE, MOST_STEPS = 0.1, 64


class Loaded:
    """Compiled code with its memory; `work` is what timed code counts the time of."""

    def __init__(self, plan: Plan, compiled: Compiled, threads: int, work: Sequence[Work] = ()) -> None:
        self.plan, self.graph, self.examples, self.work = plan, plan.graph, plan.blocks * LANES, work
        self.scalars, self.fed = plan.scalars, plan.fed
        self.only_scalars = len(self.scalars) == len(self.graph.outputs)
        self.together = 1
        self._compiled = compiled
        signature = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_int64, *[ctypes.c_void_p] * 4)
        self._steps = signature(self._compiled.address("steps"))
        self.threads = max(1, min(threads, plan.threads))
        floats = plan.floats
        self._shared = _aligned(floats["shared"])
        local = _aligned(floats["local"])
        self._local = [local] + [local if plan.alone else _aligned(floats["local"]) for _ in range(1, self.threads)]
        self._states = _aligned(2 * floats["state"])
        self._present = 0  # which of the two states is the one before the next step
        self.counters = np.zeros((self.threads, MOST_WORK), np.int64)
        self._team = ThreadPoolExecutor(self.threads - 1) if self.threads > 1 else None
        for node in self.graph.nodes:
            if isinstance(node.op, Known) and node in self.plan.buffers:
                self._view(node)[...] = node.op.value

    def _view(self, node: Node) -> Array:
        """A uniform value in memory."""
        buffer = self.plan.buffer(node)
        room = self.plan.floats["state"]
        memory = {
            "shared": self._shared,
            "state": self._states[self._present * room :],
            "following": self._states[(1 - self._present) * room :],
        }[buffer.memory]
        flat = memory[buffer.offset : buffer.offset + node.type.size]
        return _values(flat, node).reshape(node.shape)

    def run(self, state: State, data: Feeds, batches: Sequence[Array]) -> tuple[list[dict[str, Array]], bool]:
        """Run some steps: the outputs of each, and whether a guard stopped them."""
        self._present = 0
        for node in self.graph.variables:
            label = op_of(node, Variable).label
            if label not in state.values:
                raise ExecutorError(f"the state has no value of {label}")
            self._view(node)[...] = state.values[label]
        self._feed_uniform(data)
        outputs = np.zeros((len(batches), max(len(self.scalars), 1)), np.float32)
        frame = self._frame(data, batches, outputs)
        begun = time.perf_counter()
        self._call(frame)
        if self.only_scalars:  # other outputs are read from the memory that the next step writes
            each = (time.perf_counter() - begun) / len(batches)
            self.together = max(1, min(int(PATIENCE / max(each, 1e-9)), MOST_STEPS))
        done, stopped = int(frame[FRAME.DONE]), bool(frame[FRAME.STOP])
        results = [self._outputs(state, outputs[step], len(batches[step])) for step in range(done)]
        self._present = (done - stopped) % 2
        for target in self.graph.updates:
            state.values[op_of(target, Variable).label][...] = self._view(target)
        return results, stopped

    def _feed_uniform(self, data: Feeds) -> None:
        for label, node in self.graph.placeholders.items():
            if not node.type.varying:
                self._view(node)[...] = data[label]

    def _frame(self, data: Feeds, batches: Sequence[Array], outputs: Array) -> Array:
        """The frame; what it points to is kept alive by attributes until the next one."""
        self._indices = np.concatenate(batches).astype(np.int64)
        self._sizes = np.array([len(batch) for batch in batches], np.int64)
        self._barrier = np.zeros(8, np.int64)
        self._sources = [np.ascontiguousarray(data[label]) for label in self.fed]
        frame = np.zeros(FRAME.DATA + len(self.fed), np.int64)
        frame[FRAME.STEPS] = len(batches)
        for entry, array in (
            (FRAME.INDICES, self._indices),
            (FRAME.SIZES, self._sizes),
            (FRAME.OUTPUTS, outputs),
            (FRAME.BARRIER, self._barrier),
            (FRAME.COUNTERS, self.counters),
        ):
            frame[entry] = array.ctypes.data
        for number, source in enumerate(self._sources):
            frame[FRAME.DATA + number] = source.ctypes.data
        return frame

    def _call(self, frame: Array) -> None:
        def work(thread: int) -> None:
            memories = [self._local[thread], self._shared, self._states, frame]
            self._steps(thread, self.threads, *(memory.ctypes.data for memory in memories))

        others = [self._team.submit(work, thread) for thread in range(1, self.threads)] if self._team else []
        work(0)
        wait(others)

    def _outputs(self, state: State, scalars: Array, examples: int) -> dict[str, Array]:
        """The outputs of a step, from the state before it."""
        values = {name: scalars[number, ...] for number, name in enumerate(self.scalars)}
        return {
            name: _scalar(node, values[name]) if name in values else self._array(node, state, examples)
            for name, node in self.graph.outputs.items()
        }

    def _array(self, node: Node, state: State, examples: int) -> Array:
        """An output that is no scalar: (n, *shape) of a varying one."""
        root = self.plan.schedule.memory(node)
        if isinstance(root.op, Variable):
            return state.values[root.op.label].reshape(node.shape).copy()
        if not node.type.varying:
            return self._view(node).astype(node.type.dtype)
        buffer = self.plan.buffers[root]
        blocks = -(-examples // LANES)
        lanes = self._shared[buffer.offset : buffer.offset + blocks * buffer.floats].reshape(blocks, buffer.layout.size, LANES)
        elements = lanes.transpose(0, 2, 1).reshape(blocks * LANES, -1)[:examples]
        start, layout = buffer.layout.offset, buffer.layout
        strides = tuple(elements.strides[1] * stride for stride in layout.strides)
        view = np.lib.stride_tricks.as_strided(elements[:, start:], (examples, *layout.shape), (elements.strides[0], *strides))
        return _values(view, node).reshape(examples, *node.shape).astype(node.type.dtype)


def _scalar(node: Node, value: Array) -> Array:
    """A scalar output, of its dtype and shape, from its place in memory."""
    type_ = node.type
    if type_.dtype == "float32" and not type_.shape:
        return value  # by far the most, hence quickly
    return _values(value, node).astype(type_.dtype).reshape(type_.shape)


def _values(stored: Array, node: Node) -> Array:
    """The numbers of a node that these float32 stand for: see `from_memory`."""
    return stored.view(node.type.dtype) if node.type.dtype in BITS else stored


def _aligned(floats: int) -> Array:
    """Zeros at an address that is a multiple of a vector's size."""
    raw = np.zeros(floats + LANES, np.float32)
    start = (-raw.ctypes.data // 4) % LANES
    return raw[start : start + floats]
