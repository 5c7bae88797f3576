"""`netcli inspect-graph`."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netcli.cli.running import (
    ConfigArgument,
    ExecutorOption,
    JsonOption,
    OverridesArgument,
    guarded,
    messages,
    print_json,
    results,
    stdout_to,
    with_executor,
    writing,
)
from netcli.errors import UsageError

if TYPE_CHECKING:
    from netcli.graph import Graph
    from netcli.report.terminal import Output
    from netcli.training.session import Session


class View(StrEnum):
    """How much of the training step is looked at."""

    FORWARD = "forward"
    BACKWARD = "backward"
    STEP = "step"


class Format(StrEnum):
    """How it is shown."""

    PICTURE = "picture"
    TABLE = "table"
    TEXT = "text"
    TREE = "tree"
    JSON = "json"
    DOT = "dot"
    SVG = "svg"
    PNG = "png"
    TENSORBOARD = "tensorboard"


class Stage(StrEnum):
    """A stage on the way from the graph to the CPU's instructions."""

    GRAPH = "graph"
    SCHEDULE = "schedule"
    LLVM = "llvm"
    ASM = "asm"


class Detail(StrEnum):
    """How much of a picture is shown."""

    AUTO = "auto"
    FULL = "full"
    LAYERS = "layers"


ViewOption = Annotated[View, typer.Option("--view", help="The forward graph, with the backward graph, or the whole step.")]
FormatOption = Annotated[
    Format, typer.Option("--format", help="picture: forward and backward side by side; table: the layers and their cost.")
]
DetailOption = Annotated[Detail, typer.Option("--detail", help="Of the picture: every row, a row a layer, or what fits.")]
DumpOption = Annotated[
    Stage | None,
    typer.Option(
        "--dump",
        help="Instead, a stage of the step on its way to the CPU: the graph after the passes, the schedule of kernels and "
        "memory, LLVM's representation, assembly.",
        show_default=False,
    ),
]

OutOption = Annotated[
    Path | None,
    typer.Option("--out", "-o", metavar="FILE", help="Write to a file, for tensorboard to a directory.", show_default=False),
]


@guarded
def inspect_graph(
    config: ConfigArgument,
    overrides: OverridesArgument = None,
    view: ViewOption = View.STEP,
    form: FormatOption = Format.PICTURE,
    detail: DetailOption = Detail.AUTO,
    optimized: Annotated[bool, typer.Option("--optimized", help="Show the graph after the passes.")] = False,
    out: OutOption = None,
    dump: DumpOption = None,
    executor: ExecutorOption = None,
    json: JsonOption = False,
) -> None:
    """Show the computational graph.

    By default forward and backward stand side by side: data runs down on the left, gradients run up on the right, and each
    operation stands beside the one that computes its derivative. The formats svg and png draw the same picture; tensorboard
    writes an event file for the tab Graphs.
    """
    if dump is not None and (view is not View.STEP or form is not Format.PICTURE or detail is not Detail.AUTO or json):
        hint = "it writes the text of the whole step, after the passes"
        raise UsageError("--dump does not go with --view, --format, --detail and --json", hint=hint)
    form = Format.JSON if json else form
    _check_out(out, form)
    from netcli.config.load import load  # noqa: PLC0415 - heavy
    from netcli.passes import optimize  # noqa: PLC0415
    from netcli.training.anatomy import view_of  # noqa: PLC0415
    from netcli.training.session import prepare  # noqa: PLC0415

    session = prepare(load(config, with_executor(overrides, executor)))
    graph = view_of(session.model, session.step, view.value)
    if form is Format.TENSORBOARD and out is not None:
        _write_events(optimize(graph) if optimized else graph, out)
        return
    with stdout_to(out):
        if dump is not None:
            results().line(_stage(session, dump))
        else:
            _show(results(), session, optimize(graph) if optimized else graph, form, detail)


def _check_out(out: Path | None, form: Format) -> None:
    """Raises UsageError where the format cannot go where it should."""
    if out is None and form is Format.TENSORBOARD:
        raise UsageError("--format tensorboard writes into a log directory", hint="give one: --out DIRECTORY")
    if out is None and form is Format.PNG and sys.stdout.isatty():
        raise UsageError("a PNG is not written to a terminal", hint="give a file: --out graph.png")
    ending = out.suffix[1:] if out is not None else ""
    if ending in {Format.SVG, Format.PNG, Format.DOT, Format.JSON} and form is not Format(ending):
        raise UsageError(f"--format {form.value} does not go with {out}", hint=f"give --format {ending}, or another name")


def _write_events(graph: Graph, directory: Path) -> None:
    from netcli.report.graphs.tensorboard import write_events  # noqa: PLC0415

    with writing(directory):
        path = write_events(graph, directory)
    messages().line(f"wrote {path.name}; tensorboard --logdir {directory} shows it under Graphs")


def _stage(session: Session, stage: Stage) -> str:
    runner = session.executor
    if stage not in runner.stages:
        message = f"the {runner.name} executor has no {stage.value} to show, only: {', '.join(runner.stages)}"
        raise UsageError(message, hint="--executor llvm generates code, and shows all of its stages")
    return runner.compile(session.guarded_step, session.guards).text(stage.value, session.batch_size)


def _show(output: Output, session: Session, graph: Graph, form: Format, detail: Detail) -> None:
    from netcli.graph import text  # noqa: PLC0415
    from netcli.report.graphs.document import as_json  # noqa: PLC0415
    from netcli.report.graphs.dot import dot  # noqa: PLC0415
    from netcli.report.graphs.figure.png import png  # noqa: PLC0415
    from netcli.report.graphs.figure.svg import svg  # noqa: PLC0415
    from netcli.report.graphs.picture import picture  # noqa: PLC0415
    from netcli.report.graphs.tree import tree  # noqa: PLC0415
    from netcli.report.model import model_table  # noqa: PLC0415
    from netcli.training.anatomy import layer_rows  # noqa: PLC0415

    rows = layer_rows(session.layers, session.model, session.step)
    match form:
        case Format.PICTURE:
            output.lines(picture(graph, rows, output.width, output.encoding, detail.value))
        case Format.TABLE:
            forward, backward, parameters = (
                sum(getattr(row, name) for row in rows) for name in ("flops_forward", "flops_backward", "parameters")
            )
            output.table(model_table(rows, parameters=parameters, flops_forward=forward, flops_backward=backward))
        case Format.TEXT:
            output.line(text(graph))
        case Format.TREE:
            output.lines(tree(graph, rows, output.width, output.encoding))
        case Format.JSON:
            print_json(as_json(graph))
        case Format.DOT:
            output.line(dot(graph, rows))
        case Format.SVG:
            sys.stdout.write(svg(graph, rows, detail.value))
        case Format.PNG:
            sys.stdout.buffer.write(png(svg(graph, rows, detail.value)))
