"""`netcli gradcheck`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netcli.cli.running import JsonOption, OverridesArgument, ThreadsOption, guarded, limit_threads, print_json, results

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netcli.autodiff.gradcheck import Check, CheckSettings


@guarded
def gradcheck(
    config: Annotated[
        Path | None, typer.Argument(metavar="[CONFIG]", help="The YAML file; without it, every operation.", show_default=False)
    ] = None,
    overrides: OverridesArgument = None,
    examples: Annotated[int, typer.Option("--examples", min=1, help="Examples of the batch.")] = 4,
    second_order: Annotated[
        bool | None,
        typer.Option(
            "--second-order/--first-order",
            help="Whether second derivatives are checked too; by default those of operations.",
            show_default=False,
        ),
    ] = None,
    sampled: Annotated[int, typer.Option("--sampled", min=1, help="Elements compared one by one of a large parameter.")] = 32,
    threads: ThreadsOption = None,
    json: JsonOption = False,
) -> None:
    """Check derivatives numerically.

    Reverse mode against finite differences, and forward mode against reverse mode, in float64. Without CONFIG every operation
    is checked on its samples; with it, the network on a batch of its data. A kink is told from an error. The exit code is 1 if
    a derivative is wrong.
    """
    limit_threads(threads)
    from netcli.autodiff.gradcheck import CheckSettings  # noqa: PLC0415 - heavy
    from netcli.errors import AnswerIsNo  # noqa: PLC0415
    from netcli.report.gradcheck import as_json  # noqa: PLC0415

    wanted = config is None if second_order is None else second_order
    settings = CheckSettings(second_order=wanted, sampled=sampled)
    checks = _operations(settings) if config is None else _model(config, overrides or [], examples, settings)
    if json:
        print_json(as_json(checks))
    else:
        _show("every operation, on its samples" if config is None else f"{config}, {examples} examples", checks)
    wrong = {check.name for check in checks if check.verdict == "fail"}
    if wrong:
        raise AnswerIsNo(f"the gradient check failed for {', '.join(sorted(wrong))}")


def _operations(settings: CheckSettings) -> list[Check]:
    from netcli.autodiff.gradcheck import check_operations  # noqa: PLC0415
    from netcli.executors.numpy import values_of  # noqa: PLC0415

    return [check for checks in check_operations(values_of, settings) for check in checks]


def _model(config: Path, overrides: Sequence[str], examples: int, settings: CheckSettings) -> list[Check]:
    from netcli.config.load import load  # noqa: PLC0415
    from netcli.training.gradient_check import check_model  # noqa: PLC0415
    from netcli.training.session import prepare  # noqa: PLC0415

    return check_model(prepare(load(config, overrides), "float64"), examples, settings)


def _show(title: str, checks: Sequence[Check]) -> None:
    from netcli.report.gradcheck import check_table, findings  # noqa: PLC0415

    output = results()
    output.table(check_table(title, checks))
    for finding in findings(checks):
        output.line()
        output.line(finding)
