"""`netcli gradcheck`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netcli.cli.running import JsonOption, OverridesArgument, ThreadsOption, guarded, limit_threads, print_json, results
from netcli.errors import AnswerIsNo, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netcli.autodiff.gradcheck import Check, CheckSettings
    from netcli.executors import Executor
    from netcli.report.table import Table


SecondOrderOption = Annotated[
    bool | None,
    typer.Option(
        "--second-order/--first-order",
        help="Whether second derivatives are checked too; by default those of operations.",
        show_default=False,
    ),
]
SampledOption = Annotated[
    int | None,
    typer.Option(
        "--sampled", min=1, help="Elements compared one by one of a large parameter; 32 by default.", show_default=False
    ),
]
ExecutorOption = Annotated[
    str | None,
    typer.Option(
        "--executor", help="Check this executor instead: what it computes in float32, against float64.", show_default=False
    ),
]


@guarded
def gradcheck(
    config: Annotated[
        Path | None, typer.Argument(metavar="[CONFIG]", help="The YAML file; without it, every operation.", show_default=False)
    ] = None,
    overrides: OverridesArgument = None,
    examples: Annotated[int, typer.Option("--examples", min=1, help="Examples of the batch.")] = 4,
    second_order: SecondOrderOption = None,
    sampled: SampledOption = None,
    executor: ExecutorOption = None,
    threads: ThreadsOption = None,
    json: JsonOption = False,
) -> None:
    """Check derivatives numerically.

    Reverse mode against finite differences, and forward mode against reverse mode, in float64. Without CONFIG every operation
    is checked on its samples; with it, the network on a batch of its data. A kink is told from an error. The exit code is 1 if
    a derivative is wrong.

    With --executor: how many digits are right of what that executor computes in float32, and if rounding explains the rest.
    """
    limit_threads(threads)
    what = "every operation, on its samples" if config is None else f"{config}, {examples} examples"
    if executor is None:
        wanted = config is None if second_order is None else second_order
        checks, table = _in_float64(config, overrides or [], examples, what, sampled or 32, second_order=wanted)
    elif second_order is None and sampled is None:
        checks, table = _in_float32(executor, config, overrides or [], examples, what)
    else:
        option = "--sampled" if sampled is not None else "--second-order" if second_order else "--first-order"
        raise UsageError(f"{option} does not go with --executor", hint="float32 is compared with float64 element by element")
    _end(checks, table, json=json)


def _end(checks: Sequence[Check], table: Table, *, json: bool) -> None:
    """Show what was found. Raises AnswerIsNo if something is wrong."""
    from netcli.report.gradcheck import as_json  # noqa: PLC0415 - heavy

    if json:
        print_json(as_json(checks))
    else:
        _show(table, checks)
    wrong = {check.name for check in checks if check.verdict == "fail"}
    if wrong:
        raise AnswerIsNo(f"the gradient check failed for {', '.join(sorted(wrong))}")


def _in_float64(
    config: Path | None, overrides: Sequence[str], examples: int, what: str, sampled: int, *, second_order: bool
) -> tuple[list[Check], Table]:
    """The derivatives themselves."""
    from netcli.autodiff.gradcheck import CheckSettings  # noqa: PLC0415
    from netcli.report.gradcheck import check_table  # noqa: PLC0415

    settings = CheckSettings(second_order=second_order, sampled=sampled)
    checks = _operations(settings) if config is None else _model(config, overrides, examples, settings)
    return checks, check_table(what, checks)


def _in_float32(
    name: str, config: Path | None, overrides: Sequence[str], examples: int, what: str
) -> tuple[list[Check], Table]:
    """What an executor makes of them."""
    from netcli.executors import executor  # noqa: PLC0415
    from netcli.report.gradcheck import precision_table  # noqa: PLC0415

    runner = executor(name)
    checks = _operations_on(runner) if config is None else _model_on(runner, config, overrides, examples)
    return checks, precision_table(f"{what}: {name} in float32, against float64", checks)


def _operations_on(runner: Executor) -> list[Check]:
    from netcli.autodiff.gradcheck import check_operations_float32  # noqa: PLC0415
    from netcli.training.gradient_check import computed_by  # noqa: PLC0415

    return [check for checks in check_operations_float32(computed_by(runner)) for check in checks]


def _model_on(runner: Executor, config: Path, overrides: Sequence[str], examples: int) -> list[Check]:
    from netcli.config.load import load  # noqa: PLC0415
    from netcli.training.gradient_check import check_executor  # noqa: PLC0415
    from netcli.training.session import prepare  # noqa: PLC0415

    return check_executor(prepare(load(config, overrides)), runner, examples)


def _operations(settings: CheckSettings) -> list[Check]:
    from netcli.autodiff.gradcheck import check_operations  # noqa: PLC0415
    from netcli.executors.numpy import values_of  # noqa: PLC0415

    return [check for checks in check_operations(values_of, settings) for check in checks]


def _model(config: Path, overrides: Sequence[str], examples: int, settings: CheckSettings) -> list[Check]:
    from netcli.config.load import load  # noqa: PLC0415
    from netcli.training.gradient_check import check_model  # noqa: PLC0415
    from netcli.training.session import prepare  # noqa: PLC0415

    return check_model(prepare(load(config, overrides), "float64"), examples, settings)


def _show(table: Table, checks: Sequence[Check]) -> None:
    from netcli.report.gradcheck import findings  # noqa: PLC0415

    output = results()
    output.table(table)
    for finding in findings(checks):
        output.line()
        output.line(finding)
