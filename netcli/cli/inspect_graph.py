"""`netcli inspect-graph`."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netcli.cli.command import Group, command
from netcli.cli.evaluate import CheckpointName, CheckpointOption
from netcli.cli.running import (
    DepthOption,
    ExecutorOption,
    JsonOption,
    OverridesArgument,
    SourceArgument,
    messages,
    results,
    stdout_to,
    with_executor,
    write,
    writing,
)
from netcli.errors import UsageError

if TYPE_CHECKING:
    from netcli.analysis.inspect.records import Flow
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
    HTML = "html"
    SVG = "svg"
    PNG = "png"
    TABLE = "table"
    TEXT = "text"
    TREE = "tree"
    JSON = "json"
    DOT = "dot"
    TENSORBOARD = "tensorboard"


#: Forms that can leave out the layers in layers.
_WITH_DEPTH = (Format.PICTURE, Format.TABLE, Format.SVG, Format.PNG)

#: Forms that can hold what flows through the graph.
_WITH_VALUES = (Format.HTML, Format.JSON)


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
ValuesOption = Annotated[
    bool,
    typer.Option("--values", help="Compute one batch, and tell of each value how large it is. For html and json."),
]
ViewOption = Annotated[View, typer.Option("--view", help="The forward graph, with the backward graph, or the whole step.")]
FormatOption = Annotated[
    Format,
    typer.Option(
        "--format",
        help="picture: forward and backward side by side; html: the same as a page; svg, png: as a drawing; table: the layers "
        "and their cost.",
    ),
]
DetailOption = Annotated[Detail, typer.Option("--detail", help="Of the picture: every row, a row a layer, or what fits.")]


@command(Group.LOOK)
def inspect_graph(
    config: SourceArgument,
    overrides: OverridesArgument = None,
    view: ViewOption = View.STEP,
    form: FormatOption = Format.PICTURE,
    detail: DetailOption = Detail.AUTO,
    depth: DepthOption = None,
    optimized: Annotated[bool, typer.Option("--optimized", help="Show the graph after the passes.")] = False,
    out: OutOption = None,
    dump: DumpOption = None,
    values: ValuesOption = False,
    checkpoint: CheckpointOption = CheckpointName.BEST,
    executor: ExecutorOption = None,
    json: JsonOption = False,
) -> None:
    """Show the computational graph.

    By default forward and backward stand side by side: data runs down on the left, gradients run up on the right, and each
    operation stands beside the one that computes its derivative. The formats svg and png draw the same picture, html is a page
    to click through; tensorboard writes an event file for the tab Graphs.
    """
    form = Format.JSON if json else form
    if dump is not None:
        _check_dump(view, form, detail, depth, values=values)
    _check(form, depth, values=values, out=out)
    from netcli.training.snapshot import session_at  # noqa: PLC0415 - heavy

    session = session_at(config, with_executor(overrides, executor))
    if dump is not None:
        _write_stage(session, dump, out)
        return
    graph = _graph(session, view, optimized=optimized)
    flow = _flow(session, graph, config, checkpoint) if values else None
    if form is Format.TENSORBOARD and out is not None:
        _write_events(graph, out)
    elif form in _WITH_VALUES:
        write(_document(session, graph, form, config, flow), out)
    else:
        with stdout_to(out):
            _show(results(), session, graph, form, detail, depth)


def _graph(session: Session, view: View, *, optimized: bool) -> Graph:
    from netcli.analysis.inspect.views import view_of  # noqa: PLC0415
    from netcli.passes import optimize  # noqa: PLC0415

    graph = view_of(session.model, session.step, view.value)
    return optimize(graph) if optimized else graph


def _check_dump(view: View, form: Format, detail: Detail, depth: int | None, *, values: bool) -> None:
    """Raises UsageError where a dump should be of something else than the whole step."""
    if view is not View.STEP or form is not Format.PICTURE or detail is not Detail.AUTO or depth is not None or values:
        hint = "it writes the text of the whole step, after the passes"
        raise UsageError("--dump does not go with --view, --format, --detail, --depth, --json and --values", hint=hint)


def _check(form: Format, depth: int | None, *, values: bool, out: Path | None) -> None:
    """Raises UsageError where the form holds no values or shows everything, or cannot go where it should."""
    if depth is not None and form not in _WITH_DEPTH:
        forms = ", ".join(known.value for known in _WITH_DEPTH)
        raise UsageError(f"--depth goes with {forms}, not with {form.value}", hint=f"{form.value} always has every layer")
    if values and form not in _WITH_VALUES:
        forms = " and ".join(f"--format {known.value}" for known in _WITH_VALUES)
        raise UsageError(f"--values goes with {forms}, not with {form.value}", hint="--format html -o graph.html")
    if out is None and form is Format.TENSORBOARD:
        raise UsageError("--format tensorboard writes into a log directory", hint="give one: --out DIRECTORY")
    if out is None and form in {Format.PNG, Format.HTML} and sys.stdout.isatty():
        raise UsageError(f"{form.value} is not for a terminal", hint=f"give a file: --out graph.{form.value}")
    ending = out.suffix[1:] if out is not None else ""
    if ending in {Format.SVG, Format.PNG, Format.DOT, Format.JSON, Format.HTML} and form is not Format(ending):
        raise UsageError(f"--format {form.value} does not go with {out}", hint=f"give --format {ending}, or another name")


def _flow(session: Session, graph: Graph, path: Path, checkpoint: CheckpointName) -> Flow:
    from netcli.analysis.inspect.value_statistics import flow_of  # noqa: PLC0415
    from netcli.analysis.values import first_batch  # noqa: PLC0415
    from netcli.training.snapshot import state_at  # noqa: PLC0415

    state = state_at(path, session, graph, checkpoint.value)
    return flow_of(graph, state, first_batch(session), session.executor)


def _document(session: Session, graph: Graph, form: Format, path: Path, flow: Flow | None) -> str:
    """A page, or JSON."""
    from netcli.analysis.inspect.costs import layer_rows  # noqa: PLC0415
    from netcli.report.graphs.document import as_json  # noqa: PLC0415
    from netcli.report.graphs.page import graph_page  # noqa: PLC0415
    from netcli.strict_json import dumps  # noqa: PLC0415

    if form is Format.JSON:
        return dumps(as_json(graph, flow), indent=2) + "\n"
    places = [session.place_of(placed.name) for placed in session.layers]
    yaml = {place.line: place.text for place in places if place is not None and place.text is not None}
    rows = layer_rows(session.model, session.step)
    return graph_page(graph, rows, session.loaded.config.name, str(path), yaml=yaml, flow=flow)


def _write_events(graph: Graph, directory: Path) -> None:
    from netcli.report.graphs.tensorboard import write_events  # noqa: PLC0415

    with writing(directory):
        path = write_events(graph, directory)
    messages().line(f"wrote {path.name}; tensorboard --logdir {directory} shows it under Graphs")


def _write_stage(session: Session, stage: Stage, out: Path | None) -> None:
    with stdout_to(out):
        results().line(_stage(session, stage))


def _stage(session: Session, stage: Stage) -> str:
    runner = session.executor
    if stage not in runner.stages:
        message = f"the {runner.name} executor has no {stage.value} to show, only: {', '.join(runner.stages)}"
        raise UsageError(message, hint="--executor llvm generates code, and shows all of its stages")
    return runner.compile(session.guarded_step, session.guards).text(stage.value, session.batch_size)


def _show(output: Output, session: Session, graph: Graph, form: Format, detail: Detail, depth: int | None) -> None:
    from netcli.analysis.inspect.costs import layer_rows  # noqa: PLC0415
    from netcli.analysis.inspect.nesting import depth_of_table  # noqa: PLC0415
    from netcli.graph import text  # noqa: PLC0415
    from netcli.report.graphs.dot import dot  # noqa: PLC0415
    from netcli.report.graphs.figure.png import png  # noqa: PLC0415
    from netcli.report.graphs.figure.svg import svg  # noqa: PLC0415
    from netcli.report.graphs.picture import picture  # noqa: PLC0415
    from netcli.report.graphs.tree import tree  # noqa: PLC0415
    from netcli.report.model import model_table  # noqa: PLC0415

    rows = layer_rows(session.model, session.step)
    match form:
        case Format.PICTURE:
            output.lines(picture(graph, rows, output.width, output.encoding, detail.value, depth))
        case Format.TABLE:
            forward, backward, parameters = (
                sum(getattr(row, name) for row in rows) for name in ("flops_forward", "flops_backward", "parameters")
            )
            totals = {"parameters": parameters, "flops_forward": forward, "flops_backward": backward}
            output.table(model_table(rows, depth=depth or depth_of_table(rows), **totals))
        case Format.TEXT:
            output.line(text(graph))
        case Format.TREE:
            output.lines(tree(graph, rows, output.width, output.encoding))
        case Format.DOT:
            output.line(dot(graph, rows))
        case Format.SVG:
            sys.stdout.write(svg(graph, rows, detail.value, depth))
        case Format.PNG:
            sys.stdout.buffer.write(png(svg(graph, rows, detail.value, depth)))
