"""`netcli explain`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from netcli.cli.command import Group, command
from netcli.cli.evaluate import CheckpointName, CheckpointOption
from netcli.cli.running import (
    ExecutorOption,
    JsonOption,
    OverridesArgument,
    SourceArgument,
    ThreadsOption,
    limit_threads,
    print_json,
    results,
    with_executor,
)
from netcli.errors import AnswerIsNo

if TYPE_CHECKING:
    from netcli.analysis.explain.records import Explanation


ParameterOption = Annotated[
    str,
    typer.Option(
        "--parameter",
        "-p",
        help="The number, as conv1/weight[3,0,1,2]; without brackets, the one with the largest derivative.",
        show_default=False,
    ),
]
ExamplesOption = Annotated[
    int | None,
    typer.Option("--examples", min=1, help="Examples of the first batch; by default all of it.", show_default=False),
]


@command(Group.LOOK)
def explain(
    source: SourceArgument,
    parameter: ParameterOption,
    overrides: OverridesArgument = None,
    examples: ExamplesOption = None,
    checkpoint: CheckpointOption = CheckpointName.BEST,
    executor: ExecutorOption = None,
    threads: ThreadsOption = None,
    json: JsonOption = False,
) -> None:
    """Explain the derivative of the loss by one number.

    On the first batch of training: the derivative by reverse mode, by forward mode and by a difference, in float64, and as the
    executor computes it in float32; then the way from the loss to the number, operation by operation, and one chain of single
    numbers, factor by factor. Where the derivative is zero: where the way ends, and why.
    """
    limit_threads(threads)
    from netcli.analysis.explain.explanation import explain as explained  # noqa: PLC0415 - heavy
    from netcli.training.snapshot import open_snapshot  # noqa: PLC0415

    found = explained(open_snapshot(source, with_executor(overrides, executor), checkpoint.value), parameter, examples)
    if json:
        from netcli.report.explanation import as_json  # noqa: PLC0415

        print_json(as_json(found))
    else:
        _show(found)
    if found.contradictions:
        methods = ", ".join(each.method for each in found.contradictions)
        hint = f"netcli gradcheck {source} finds the operation whose derivative is wrong"
        raise AnswerIsNo(f"the derivatives contradict each other: {methods} against reverse", hint=hint)


def _show(found: Explanation) -> None:
    from netcli.report.explanation import chain_table, derivatives_table, ends_text, facts, legend, stage_lines  # noqa: PLC0415
    from netcli.report.summary import fact_lines  # noqa: PLC0415

    output = results()
    output.lines(fact_lines(facts(found), output.width))
    if found.is_zero:
        output.line()
        output.lines(ends_text(found, output.width))
    if found.derivatives:
        output.line()
        output.table(derivatives_table(found))
        output.line()
        output.lines(stage_lines(found, output.width, output.encoding))
        output.lines(fact_lines(legend(found), output.width))
    if found.chain:
        output.line()
        output.table(chain_table(found))
