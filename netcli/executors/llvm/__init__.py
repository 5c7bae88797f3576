"""The LLVM executor: the whole step as native code, one SIMD lane one training example. See docs/llvm.md."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence

import llvmlite
import numpy as np

from netcli.errors import UsageError
from netcli.executors.cache import CodeCache, code_cache
from netcli.executors.executor import Executor, Feeds, Profile, Program, State, Told, check_data, check_feeds, nobody
from netcli.executors.llvm.code import code_of, modules_of, timed_code_of
from netcli.executors.llvm.compiling import Compiled, assembly, linked
from netcli.executors.llvm.kernel import load_kernels
from netcli.executors.llvm.key import made_with
from netcli.executors.llvm.loaded import Loaded
from netcli.executors.llvm.peak import measured_peak
from netcli.executors.llvm.plan import Plan
from netcli.executors.llvm.profiling import spent
from netcli.executors.llvm.schedule import check_served
from netcli.executors.llvm.schedule_text import schedule_text
from netcli.executors.llvm.target import LANES, Cpu, check_runs_here, cpu, cpus
from netcli.executors.llvm.winograd import winograd_allowed, with_winograd
from netcli.graph import Array, Graph, text


class LlvmExecutor(Executor):
    """Generates native code for the graph, or finds it in the cache that the environment names."""

    name = "llvm"
    stages = ("graph", "schedule", "llvm", "asm")

    def __init__(self, threads: int | None = None) -> None:
        self.threads = threads or _threads_asked() or cpus()
        self.cache = code_cache()
        made_with()  # of the sources as they are now, not as they may be when something is compiled,
        load_kernels()  # and so are the kernels

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


def _threads_asked() -> int | None:
    """NETCLI_THREADS, if it is there. Raises UsageError."""
    asked = os.environ.get("NETCLI_THREADS")
    if not asked:
        return None
    if not (asked.isascii() and asked.isdigit() and int(asked)):
        raise UsageError(f'NETCLI_THREADS is a number of threads, found "{asked}"', hint="1 is the least")
    return int(asked)


class LlvmProgram(Program):
    """A graph, and code for the largest batch it has seen; `compiled`: how many of its kernels were not found, but compiled."""

    def __init__(self, graph: Graph, guards: Sequence[str], target: Cpu, threads: int, cache: CodeCache) -> None:
        self.graph, self.guards, self.cpu, self.threads, self.cache = graph, tuple(guards), target, threads, cache
        self.compiled = 0
        self._code: Loaded | None = None
        self._timed: Loaded | None = None
        check_served(graph)

    def prepare(self, examples: int, told: Told = nobody) -> None:
        """Generate the code for batches of up to so many examples, or find it. Raises UsageError for a foreign CPU."""
        if self._code is None or examples > self._code.examples:
            check_runs_here(self.cpu)
            plan = plan_of(self.graph, self.cpu, examples)
            code = code_of(plan, self.cpu, self.guards, self.cache, told)
            self._code = Loaded(plan, Compiled(code.objects, self.cpu), self.threads)
            self.compiled = code.compiled

    def _prepare_timed(self, examples: int) -> Loaded:
        if self._timed is None or examples > self._timed.examples:
            check_runs_here(self.cpu)
            plan = plan_of(self.graph, self.cpu, examples)
            code = timed_code_of(plan, self.cpu, self.guards, self.cache)
            self._timed = Loaded(plan, Compiled(code.objects, self.cpu), self.threads, code.work)
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
        self, code: Loaded, state: State, data: Feeds, batches: Sequence[Array], asked: Callable[[], bool]
    ) -> Iterator[dict[str, Array]]:
        check_data(self.graph, data, batches)
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


def plan_of(graph: Graph, target: Cpu, examples: int) -> Plan:
    """The plan of a graph as it runs on this CPU: its convolutions by Winograd's algorithms where that is allowed and pays."""
    examples = max(examples, LANES)
    if winograd_allowed():
        graph = with_winograd(graph, target, -(-examples // LANES))
    return Plan(graph, target, examples)
