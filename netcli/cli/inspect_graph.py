"""`netcli inspect-graph`."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netcli.cli.evaluate import CheckpointName, CheckpointOption
from netcli.cli.running import (
    ExecutorOption,
    JsonOption,
    OverridesArgument,
    guarded,
    results,
    with_executor,
    write,
)
from netcli.errors import UsageError

if TYPE_CHECKING:
    from netcli.graph import Graph
    from netcli.report.records import Flow
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
    HTML = "html"


#: Forms that are made for a program, and are written as they are.
_FILES = (Format.HTML, Format.JSON)


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


ValuesOption = Annotated[
    bool,
    typer.Option("--values", help="Compute one batch, and tell of each value how large it is. For html and json."),
]
OutOption = Annotated[
    Path | None,
    typer.Option("--out", "-o", help="The file to write, in place of stdout. For html and json.", show_default=False),
]


GraphArgument = Annotated[
    Path, typer.Argument(metavar="CONFIG|RUN", help="The YAML file, or a run directory.", show_default=False)
]
ViewOption = Annotated[View, typer.Option("--view", help="The forward graph, with the backward graph, or the whole step.")]
FormatOption = Annotated[
    Format,
    typer.Option(
        "--format",
        help="picture: forward and backward side by side; html: the same as a page; table: the layers and their cost.",
    ),
]
DetailOption = Annotated[Detail, typer.Option("--detail", help="Of the picture: every row, a row a layer, or what fits.")]


@guarded
def inspect_graph(
    config: GraphArgument,
    overrides: OverridesArgument = None,
    view: ViewOption = View.STEP,
    form: FormatOption = Format.PICTURE,
    detail: DetailOption = Detail.AUTO,
    optimized: Annotated[bool, typer.Option("--optimized", help="Show the graph after the passes.")] = False,
    dump: DumpOption = None,
    values: ValuesOption = False,
    checkpoint: CheckpointOption = CheckpointName.BEST,
    out: OutOption = None,
    executor: ExecutorOption = None,
    json: JsonOption = False,
) -> None:
    """Show the computational graph.

    By default forward and backward stand side by side: data runs down on the left, gradients run up on the right, and each
    operation stands beside the one that computes its derivative.
    """
    form = Format.JSON if json else form
    if dump is not None and (view is not View.STEP or form is not Format.PICTURE or detail is not Detail.AUTO or values or out):
        hint = "it writes the text of the whole step, after the passes; > FILE writes it to a file"
        raise UsageError("--dump does not go with --view, --format, --detail, --json, --values and --out", hint=hint)
    _check_file(form, values=values, out=out)
    from netcli.passes import optimize  # noqa: PLC0415 - heavy
    from netcli.training.anatomy import view_of  # noqa: PLC0415
    from netcli.training.starting import session_at  # noqa: PLC0415

    session = session_at(config, with_executor(overrides, executor))
    if dump is not None:
        results().line(_stage(session, dump))
        return
    graph = view_of(session.model, session.step, view.value)
    graph = optimize(graph) if optimized else graph
    if form in _FILES:
        write(_file(session, graph, form, config, _flow(session, graph, config, checkpoint) if values else None), out)
    else:
        _show(results(), session, graph, form, detail)


def _check_file(form: Format, *, values: bool, out: Path | None) -> None:
    """Raise UsageError for a form that holds no values, or is not written to a file."""
    forms = " and ".join(f"--format {known.value}" for known in _FILES)
    if values and form not in _FILES:
        raise UsageError(f"--values goes with {forms}, not with {form.value}", hint="--format html -o graph.html")
    if out is not None and form not in _FILES:
        raise UsageError(f"--out goes with {forms}, not with {form.value}", hint="> FILE writes what is printed to a file")
    if form is Format.HTML and out is None and _is_terminal():
        raise UsageError("a page is not for a terminal", hint="-o graph.html writes it to a file, to open in a browser")


def _is_terminal() -> bool:
    return sys.stdout.isatty()


def _flow(session: Session, graph: Graph, path: Path, checkpoint: CheckpointName) -> Flow:
    from netcli.training.starting import state_at  # noqa: PLC0415
    from netcli.training.value_statistics import flow_of  # noqa: PLC0415
    from netcli.training.values import first_batch  # noqa: PLC0415

    state = state_at(path, session, graph, checkpoint.value)
    return flow_of(graph, state, first_batch(session), session.executor)


def _file(session: Session, graph: Graph, form: Format, path: Path, flow: Flow | None) -> str:
    from netcli.report.graphs.document import as_json  # noqa: PLC0415
    from netcli.report.graphs.page import graph_page  # noqa: PLC0415
    from netcli.report.strict_json import dumps  # noqa: PLC0415
    from netcli.training.anatomy import layer_rows  # noqa: PLC0415

    if form is Format.JSON:
        return dumps(as_json(graph, flow), indent=2) + "\n"
    loaded = session.loaded
    places = [loaded.place("model", "layers", index) for index in range(len(loaded.config.model.layers))]
    yaml = {place.line: place.text for place in places if place is not None and place.text is not None}
    rows = layer_rows(session.layers, session.model, session.step)
    return graph_page(graph, rows, loaded.config.name, str(path), yaml=yaml, flow=flow)


def _stage(session: Session, stage: Stage) -> str:
    runner = session.executor
    if stage not in runner.stages:
        message = f"the {runner.name} executor has no {stage.value} to show, only: {', '.join(runner.stages)}"
        raise UsageError(message, hint="--executor llvm generates code, and shows all of its stages")
    return runner.compile(session.guarded_step, session.guards).text(stage.value, session.batch_size)


def _show(output: Output, session: Session, graph: Graph, form: Format, detail: Detail) -> None:
    from netcli.graph import text  # noqa: PLC0415
    from netcli.report.graphs.dot import dot  # noqa: PLC0415
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
        case Format.DOT:
            output.line(dot(graph, rows))
