"""`netcli diff`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netcli.cli.command import Group, command
from netcli.cli.running import DepthOption, JsonOption, print_json, results

if TYPE_CHECKING:
    from netcli.analysis.diff.records import Comparison

_HELP = "A YAML file, or a run directory."


@command(Group.LOOK)
def diff(
    before: Annotated[Path, typer.Argument(metavar="BEFORE", help=_HELP, show_default=False)],
    after: Annotated[Path, typer.Argument(metavar="AFTER", help=_HELP, show_default=False)],
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit with 1 if they differ, as git diff does.")] = False,
    depth: DepthOption = None,
    json: JsonOption = False,
) -> None:
    """Show what differs between two configs, as graphs.

    Layers that were added, removed and changed, and what that does to shapes, parameters, FLOPs and memory, forward and
    backward; and the settings outside of the model that differ. The name of the run is no difference.
    """
    from netcli.analysis.diff.comparison import compare  # noqa: PLC0415 - heavy
    from netcli.training.snapshot import session_at  # noqa: PLC0415

    found = compare(session_at(before), session_at(after), (str(before), str(after)))
    if json:
        from netcli.report.comparison import as_json  # noqa: PLC0415

        print_json(as_json(found))
    else:
        _show(found, depth)
    if exit_code and not found.same:
        raise typer.Exit(1)


def _show(found: Comparison, depth: int | None) -> None:
    from netcli.report.comparison import layers_table, settings_table, totals_table, verdict  # noqa: PLC0415

    output = results()
    output.line(verdict(found))
    tables = [] if found.same_layers else [layers_table(found, depth)]
    tables += [] if found.same_graph else [totals_table(found)]
    tables += [settings_table(found)] if found.settings else []
    for table in tables:
        output.line()
        output.table(table)
