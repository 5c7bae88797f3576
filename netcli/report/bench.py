"""What a person sees of a step's time: a row for each layer, and the totals."""

from __future__ import annotations

import math
from typing import Any

from netcli import numbers
from netcli.analysis.bench.records import Bench, BenchRow
from netcli.report.model import deeper_note
from netcli.report.table import Column, Table
from netcli.report.text import Cell, Styled

_CAPTION = """\
a + b: kernels of a that compute parts of b on the way; FLOPs: of the whole batch, by direct computation; \
data: examples gathered and scaled; sums over the batch: of what was summed in parts; waiting: for other threads"""
_NOTHING = Styled("-", "muted")
_COLUMNS = (
    Column("layer", shrink=True),
    Column("forward", "right"),
    Column("backward", "right"),
    Column("ms", "right"),
    Column("FLOPs", "right", drop=2),
    Column("GFLOP/s", "right"),
    Column("of peak", "right", drop=1),
    Column("of step", "right"),
)


def bench_table(bench: Bench) -> Table:
    """A row per layer in its order, then what belongs to no layer; milliseconds."""
    digits = _digits(bench.seconds)
    rows = tuple(_row(bench, row, digits) for row in bench.rows)
    forward, backward = (sum(getattr(row, name) for row in bench.rows) for name in ("forward", "backward"))
    footer: tuple[Cell, ...] = (
        Styled("step", "strong"),
        _ms(forward, digits),
        _ms(backward, digits),
        Styled(_ms(bench.seconds, digits), "strong"),
        numbers.flops(bench.flops),
        _gflops(bench.flops / bench.seconds),
        _share(bench.of_peak(bench.flops / bench.seconds)),
        "100.0 %",
    )
    threads = f"{bench.threads} thread{'' if bench.threads == 1 else 's'}"
    title = f"{bench.name}: a step of {numbers.count(bench.examples)} examples, {bench.executor}, {threads}; milliseconds"
    caption = _CAPTION if bench.depth is None else f"{deeper_note(bench.depth)}; {_CAPTION}"
    return Table(title, _COLUMNS, rows, caption, footer)


def bench_facts(bench: Bench) -> dict[str, str]:
    """What stands under the table."""
    digits, speed = _digits(bench.seconds), bench.flops / bench.seconds
    facts = {
        "step": f"{_ms(bench.seconds, digits)} ms, the median of {numbers.count(bench.steps)} steps; "
        f"the best {_ms(bench.best, digits)} ms",
        "samples": f"{numbers.count(round(bench.samples_per_second))} a second",
        "speed": f"{_gflops(speed)} GFLOP/s",
    }
    if bench.peak is not None:
        facts["speed"] += f", {numbers.percent(speed / bench.peak, 1)} of the peak"
        facts["peak"] = f"{_gflops(bench.peak)} GFLOP/s of multiply-adds, measured just now"
    facts["compiled"] = f"in {numbers.count(round(bench.compile_seconds * 1e3))} ms"
    return facts


def _row(bench: Bench, row: BenchRow, digits: int) -> tuple[Cell, ...]:
    idle = row.kind in {"wait", "rest"}
    speed = row.flops_per_second
    return (
        Styled(row.name, "muted" if idle else None),
        _ms(row.forward, digits) if row.forward else _NOTHING,
        _ms(row.backward, digits) if row.backward else _NOTHING,
        _ms(row.seconds, digits),
        numbers.flops(row.flops) if row.flops else _NOTHING,
        _gflops(speed) if speed else _NOTHING,
        _share(bench.of_peak(speed)) if speed else _NOTHING,
        _share(bench.of_step(row)),
    )


def _digits(seconds: float) -> int:
    """Digits behind the point that show four of this time in milliseconds, and so some of its parts."""
    return min(max(3 - math.floor(math.log10(max(seconds * 1e3, 1e-9))), 0), 6)


def _ms(seconds: float, digits: int) -> str:
    return f"{seconds * 1e3:,.{digits}f}"


def _gflops(flops_per_second: float) -> str:
    billions = flops_per_second / 1e9
    return f"{billions:,.{1 if billions >= 9.95 else 2}f}"


def _share(share: float | None) -> Cell:
    return _NOTHING if share is None else numbers.percent(share, 1)


def as_json(bench: Bench) -> dict[str, Any]:
    """The document of `bench --json`; `gflops` is 10⁹ operations a second."""
    speed = bench.flops / bench.seconds
    return {
        "name": bench.name,
        "executor": bench.executor,
        "threads": bench.threads,
        "batch_size": bench.examples,
        "steps": bench.steps,
        "ms_per_step": bench.seconds * 1e3,
        "best_ms_per_step": bench.best * 1e3,
        "samples_per_second": bench.samples_per_second,
        "flops_per_step": bench.flops,
        "gflops": speed / 1e9,
        "peak_gflops": None if bench.peak is None else bench.peak / 1e9,
        "share_of_peak": bench.of_peak(speed),
        "compile_ms": bench.compile_seconds * 1e3,
        "rows": [_row_json(bench, row) for row in bench.rows],
    }


def _row_json(bench: Bench, row: BenchRow) -> dict[str, Any]:
    speed = row.flops_per_second
    return {
        "name": row.name,
        "kind": row.kind,
        "layers": list(row.layers),
        "ms": row.seconds * 1e3,
        "forward_ms": row.forward * 1e3,
        "backward_ms": row.backward * 1e3,
        "flops": row.flops,
        "gflops": speed / 1e9,
        "share_of_peak": bench.of_peak(speed),
        "share_of_step": bench.of_step(row),
    }
