"""How long a training step takes, and on what the time goes."""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from netcli.analysis.bench.records import Bench, BenchRow, RowKind
from netcli.analysis.inspect.costs import flops
from netcli.executors import Profile, Program, Spent
from netcli.graph import Array, Node
from netcli.training.session import Session

#: Seconds that a round of steps should take, and the most steps in it.
_ROUND, _MOST_STEPS = 0.1, 1000
#: Kinds of work that no layer stands for.
_KINDS: dict[str, RowKind] = {"gather": "data", "sums": "sums", "wait": "wait", "finish": "update"}
#: The name of what is computed for the loss outside of layers, such as penalties.
_OBJECTIVE = "objective"


@dataclass(frozen=True)
class Limit:
    """When a measurement ends: after so many steps if they are given, or else after so many seconds of steps."""

    steps: int | None
    seconds: float


def bench(session: Session, limit: Limit, asked: Callable[[], bool]) -> Bench:
    """Measure the training step of a session, from the initial weights on; soon ends, with KeyboardInterrupt, when `asked`.

    Rounds of steps are run in turn by the program as it is, which gives the time of a step, and by one with a clock on each
    piece of work, which costs time of its own: its least disturbed round gives the shares.
    """
    begun = time.perf_counter()
    program = session.executor.compile(session.guarded_step, session.guards)
    examples = session.batch_size
    program.prepare(examples)
    compiled = time.perf_counter() - begun
    rounds = _Rounds(session, program, examples, asked)
    rounds.run(limit)
    profile = min(rounds.profiles, key=lambda found: found.seconds)
    seconds = statistics.median(rounds.seconds)
    order = ["input", *(placed.name for placed in session.layers)]
    return Bench(
        name=session.loaded.config.name,
        executor=session.executor.name,
        threads=profile.threads,
        examples=examples,
        steps=rounds.steps,
        seconds=seconds,
        best=min(rounds.seconds),
        peak=session.executor.peak(),
        compile_seconds=compiled,
        rows=bench_rows(profile, seconds, examples, order),
        depths={"input": 0} | {placed.name: placed.depth for placed in session.layers},
    )


class _Rounds:
    """Rounds of steps, each from the initial state: seconds of a step in each, profiles, the number of steps."""

    def __init__(self, session: Session, program: Program, examples: int, asked: Callable[[], bool]) -> None:
        self.program, self.asked, self.state = program, asked, session.initial_state()
        self.data = session.train_data
        self.batches = _batches(session, examples)
        self.seconds: list[float] = []
        self.profiles: list[Profile] = []
        self.steps = 0

    def run(self, limit: Limit) -> None:
        """As many rounds as the limit allows, at least one; two steps before them warm up, and tell how many fill a round."""
        self._time(1)
        size = max(1, min(round(_ROUND / self._time(1)), _MOST_STEPS))
        passed = 0.0
        while not self.profiles or (self.steps < limit.steps if limit.steps else passed < limit.seconds):
            now = min(size, limit.steps - self.steps) if limit.steps else size
            self.seconds.append(self._time(now))
            self.steps += now
            passed += self.seconds[-1] * now
            self.profiles.append(self.program.profile(self.state.copy(), self.data, self.batches[:now]))

    def _time(self, count: int) -> float:
        """Seconds of a step; a step whose loss is not finite ends them early."""
        state = self.state.copy()
        begun = time.perf_counter()
        done = sum(1 for _ in self.program.steps(state, self.data, self.batches[:count], self.asked))
        passed = time.perf_counter() - begun
        if self.asked():
            raise KeyboardInterrupt
        return passed / done


def _batches(session: Session, examples: int) -> list[Array]:
    """As many full batches as a round may need: those of the first epoch, again and again."""
    whole = [batch for batch in session.batches(0) if len(batch) == examples]
    return list(itertools.islice(itertools.cycle(whole), _MOST_STEPS))


# ------------------------------------------------------------------------------------------------------------------ rows


@dataclass
class _Row:
    """What is added up for a row."""

    seconds: dict[str, float] = field(default_factory=lambda: {"forward": 0.0, "backward": 0.0, "update": 0.0})
    layers: dict[str, None] = field(default_factory=dict)
    flops: int = 0


def bench_rows(profile: Profile, seconds: float, examples: int, order: Sequence[str]) -> tuple[BenchRow, ...]:
    """A row for each layer that has kernels, in this order, then the others; their seconds add up to those of a step.

    A kernel counts for the layer of the node that it is made for, also where it computes nodes of other layers on the way. A
    node that several kernels compute counts its operations once.
    """
    rows: dict[tuple[RowKind, str], _Row] = {}
    known: set[Node] = set()
    for spent in profile.spent:
        key, phase = _key(spent)
        row = rows.setdefault(key, _Row())
        row.seconds[phase] += spent.seconds / (profile.threads * profile.seconds) * seconds
        if key[0] == "layer":
            row.layers |= {key[1]: None} | {node.origin.layer: None for node in spent.nodes if node.origin.layer}
        new = [node for node in spent.nodes if node not in known] if spent.kind != "sums" else []
        known.update(new)
        row.flops += sum(flops(node, examples) for node in new)
    rest = _Row()
    rest.seconds["update"] = max(seconds - sum(sum(row.seconds.values()) for row in rows.values()), 0.0)
    rows["rest", ""] = rest
    places = {name: place for place, name in enumerate([*order, _OBJECTIVE])}
    kinds: tuple[RowKind, ...] = ("layer", "data", "sums", "update", "wait", "rest")
    keys = sorted(rows, key=lambda key: (kinds.index(key[0]), places.get(key[1], -1)))
    return tuple(_finished(key, rows[key], places) for key in keys)


def _key(spent: Spent) -> tuple[tuple[RowKind, str], str]:
    """The row that a piece of work belongs to, and the phase."""
    if spent.kind != "nodes":
        return (_KINDS[spent.kind], ""), {"gather": "forward", "sums": "backward"}.get(spent.kind, "update")
    if any(node.origin.phase == "update" for node in spent.nodes):
        return ("update", ""), "update"
    origin = spent.nodes[0].origin
    return ("layer", origin.layer or _OBJECTIVE), origin.phase


def _finished(key: tuple[RowKind, str], row: _Row, places: dict[str, int]) -> BenchRow:
    kind, layer = key
    others = sorted((name for name in row.layers if name != layer), key=places.__getitem__)
    layers = (layer, *others) if kind == "layer" else ()
    seconds = row.seconds
    return BenchRow(kind, layers, sum(seconds.values()), seconds["forward"], seconds["backward"], row.flops)
