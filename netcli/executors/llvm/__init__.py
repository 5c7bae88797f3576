"""The LLVM executor: the whole step as native code, one SIMD lane one training example. See docs/llvm.md."""

from __future__ import annotations

import ctypes
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait

import llvmlite
import numpy as np

from netcli.errors import ExecutorError
from netcli.executors.cache import CodeCache, code_cache
from netcli.executors.executor import Executor, Feeds, Profile, Program, State, check_feeds
from netcli.executors.llvm.code import code_of, modules_of, timed_code_of
from netcli.executors.llvm.compiling import Compiled, assembly, linked
from netcli.executors.llvm.key import made_with
from netcli.executors.llvm.lanes import BITS
from netcli.executors.llvm.peak import measured_peak
from netcli.executors.llvm.plan import Plan
from netcli.executors.llvm.profiling import spent
from netcli.executors.llvm.schedule import Schedule
from netcli.executors.llvm.schedule_text import schedule_text
from netcli.executors.llvm.stopwatch import MOST_WORK, Work
from netcli.executors.llvm.target import LANES, Cpu, cpu
from netcli.executors.llvm.team import FRAME
from netcli.executors.llvm.winograd import winograd_allowed, with_winograd
from netcli.graph import Array, Constant, Graph, Node, Variable, op_of, text

#: Seconds that native code may run between two looks of Python, and the most steps in that time.
PATIENCE, MOST_STEPS = 0.1, 64


class LlvmExecutor(Executor):
    """Generates native code for the graph, or finds it in the cache that the environment names."""

    name = "llvm"
    stages = ("graph", "schedule", "llvm", "asm")

    def __init__(self, threads: int | None = None) -> None:
        self.threads = threads or int(os.environ.get("NETCLI_THREADS") or 0) or len(os.sched_getaffinity(0))
        self.cache = code_cache()
        made_with()  # of the sources as they are now, not as they may be when something is compiled

    @property
    def fingerprint(self) -> str:
        """Not the number of threads: the bits do not depend on it."""
        target = cpu()
        direct = "" if winograd_allowed() else ", direct convolutions"
        return f"llvmlite {llvmlite.__version__} for {target.name}{direct}"

    def compile(self, graph: Graph, guards: Sequence[str] = ()) -> Program:
        """Nothing is compiled before the first batch, whose size it is compiled for."""
        return LlvmProgram(graph, guards, cpu(), self.threads, self.cache)

    def peak(self) -> float | None:
        """Multiply-adds on whole registers, two operations each."""
        return measured_peak(cpu(), self.threads)


class LlvmProgram(Program):
    """A graph, and code for the largest batch it has seen."""

    def __init__(self, graph: Graph, guards: Sequence[str], target: Cpu, threads: int, cache: CodeCache) -> None:
        self.graph, self.guards, self.cpu, self.threads, self.cache = graph, tuple(guards), target, threads, cache
        self._code: _Code | None = None
        self._timed: _Code | None = None
        Schedule(graph)  # what cannot be served is said now

    def prepare(self, examples: int) -> None:
        """Generate the code for batches of up to so many examples."""
        if self._code is None or examples > self._code.examples:
            plan = plan_of(self.graph, self.cpu, examples)
            self._code = _Code(plan, Compiled(code_of(plan, self.cpu, self.guards, self.cache), self.cpu), self.threads)

    def _prepare_timed(self, examples: int) -> _Code:
        if self._timed is None or examples > self._timed.examples:
            plan = plan_of(self.graph, self.cpu, examples)
            objects, work = timed_code_of(plan, self.cpu, self.guards)
            self._timed = _Code(plan, Compiled(objects, self.cpu), self.threads, work)
        return self._timed

    def run(self, state: State, feeds: Feeds) -> dict[str, Array]:
        """Run one batch."""
        check_feeds(self.graph, feeds)
        examples = next((len(feeds[label]) for label, node in self.graph.placeholders.items() if node.type.varying), 1)
        return next(self.steps(state, feeds, [np.arange(examples)]))

    def steps(
        self, state: State, data: Feeds, batches: Sequence[Array], asked: Callable[[], bool] = lambda: False
    ) -> Iterator[dict[str, Array]]:
        """Run several steps at a time natively."""
        self.prepare(max(map(len, batches), default=0))
        assert self._code is not None
        yield from self._run(self._code, state, data, batches, asked)

    def _run(
        self, code: _Code, state: State, data: Feeds, batches: Sequence[Array], asked: Callable[[], bool]
    ) -> Iterator[dict[str, Array]]:
        self._check(data, batches)
        done = 0
        while done < len(batches):
            now = batches[done : done + code.together]
            done += len(now)
            outputs, stopped = code.run(state, data, now)
            yield from outputs
            if stopped or asked():
                return

    def profile(self, state: State, data: Feeds, batches: Sequence[Array]) -> Profile:
        """Run steps of a second program, which counts the time of each kernel."""
        code = self._prepare_timed(max(map(len, batches)))
        code.counters[:] = 0
        begun = time.perf_counter()
        done = sum(1 for _ in self._run(code, state, data, batches, lambda: False))
        seconds = (time.perf_counter() - begun) / done
        return Profile(seconds, code.threads, spent(code.plan.schedule, code.work, code.counters, done))

    def text(self, stage: str, examples: int) -> str:
        """The graph; the schedule and where its values lie; LLVM's representation; the CPU's instructions."""
        match stage:
            case "graph":
                return text(self.graph)
            case "schedule":
                return schedule_text(plan_of(self.graph, self.cpu, examples))
        program = linked(modules_of(plan_of(self.graph, self.cpu, examples), self.cpu, self.guards), self.cpu)
        match stage:
            case "llvm":
                return str(program)
            case "asm":
                return assembly(program, self.cpu)
        raise AssertionError(f"{stage} is none of {LlvmExecutor.stages}")

    def _check(self, data: Feeds, batches: Sequence[Array]) -> None:
        """Raise ExecutorError for data that does not fit the graph, and for indices that do not fit the data."""
        varying = [label for label, node in self.graph.placeholders.items() if node.type.varying]
        check_feeds(self.graph, {label: array[:1] if label in varying else array for label, array in data.items()})
        examples = min((len(data[label]) for label in varying), default=None)
        for indices in batches:
            if not len(indices):
                raise ExecutorError("a batch has at least one example, found none")
            if examples is not None and not 0 <= np.min(indices) <= np.max(indices) < examples:
                raise ExecutorError(f"a batch has example {np.max(indices)} of data with {examples} examples, from 0 on")


def plan_of(graph: Graph, target: Cpu, examples: int) -> Plan:
    """The plan of a graph as it runs on this CPU: its convolutions by Winograd's algorithms where that is allowed and pays."""
    examples = max(examples, LANES)
    if winograd_allowed():
        graph = with_winograd(graph, target, -(-examples // LANES))
    return Plan(graph, target, examples)


class _Code:
    """Compiled code with its memory; `work` is what timed code counts the time of."""

    def __init__(self, plan: Plan, compiled: Compiled, threads: int, work: Sequence[Work] = ()) -> None:
        self.plan, self.graph, self.examples, self.work = plan, plan.graph, plan.blocks * LANES, work
        self.scalars, self.fed = plan.scalars, plan.fed
        self.only_scalars = len(self.scalars) == len(self.graph.outputs)
        self.together = 1
        self._compiled = compiled
        signature = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_int64, *[ctypes.c_void_p] * 4)
        self._steps = signature(self._compiled.address("steps"))
        self.threads = max(1, min(threads, self.plan.blocks))
        floats = plan.floats
        self._shared = _aligned(floats["shared"])
        self._local = [_aligned(floats["local"]) for _ in range(self.threads)]
        self._states = _aligned(2 * floats["state"])
        self._present = 0  # which of the two states is the one before the next step
        self.counters = np.zeros((self.threads, MOST_WORK), np.int64)
        self._team = ThreadPoolExecutor(self.threads - 1) if self.threads > 1 else None
        for node in self.graph.nodes:
            if isinstance(node.op, Constant) and node in self.plan.buffers:
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
