"""`netcli bench`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from netcli.cli.command import Group, command
from netcli.cli.running import (
    ConfigArgument,
    DepthOption,
    ExecutorOption,
    JsonOption,
    OverridesArgument,
    ThreadsOption,
    limit_threads,
    print_json,
    results,
    with_executor,
)
from netcli.errors import UsageError

if TYPE_CHECKING:
    from netcli.analysis.bench.records import Bench

_SECONDS = 1.0


@command(Group.LOOK)
def bench(
    config: ConfigArgument,
    overrides: OverridesArgument = None,
    steps: Annotated[
        int | None, typer.Option("--steps", min=1, help="How many steps to time, instead of seconds.", show_default=False)
    ] = None,
    seconds: Annotated[
        float | None,
        typer.Option("--seconds", min=0, help=f"How long to time steps, by default {_SECONDS:g} s.", show_default=False),
    ] = None,
    executor: ExecutorOption = None,
    threads: ThreadsOption = None,
    depth: DepthOption = None,
    json: JsonOption = False,
) -> None:
    """Time the training step, layer by layer.

    For each layer the time forward and backward, its speed, and its share of what the CPU can do at most, which is measured
    too; and the whole step. Steps run twice: as in training, for their time, and with a clock on each piece, for the shares.
    """
    if steps is not None and seconds is not None:
        raise UsageError("--steps and --seconds do not go together", hint="give the one or the other")
    limit_threads(threads)
    from netcli.analysis.bench.measure import Limit  # noqa: PLC0415
    from netcli.analysis.bench.measure import bench as measure  # noqa: PLC0415
    from netcli.config.load import load  # noqa: PLC0415 - heavy
    from netcli.training.interruption import Interruption  # noqa: PLC0415
    from netcli.training.session import prepare  # noqa: PLC0415

    session = prepare(load(config, with_executor(overrides, executor)))
    with Interruption() as interruption:
        found = measure(session, Limit(steps, _SECONDS if seconds is None else seconds), lambda: interruption.asked)
    _show(found, depth, json=json)


def _show(found: Bench, depth: int | None, *, json: bool) -> None:
    from netcli.report.bench import as_json, bench_facts, bench_table  # noqa: PLC0415
    from netcli.report.summary import fact_lines  # noqa: PLC0415

    if json:
        print_json(as_json(found))
        return
    output = results()
    output.table(bench_table(found.grouped(depth)))
    output.line()
    output.lines(fact_lines(bench_facts(found), output.width))
