"""`netcli layers`."""

from __future__ import annotations

from typing import Annotated

import typer

from netcli.cli.command import Group, command
from netcli.cli.running import ConfigOption, JsonOption, print_json, results, with_config
from netcli.errors import UsageError


@command(Group.WRITE)
def layers(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="A layer type.", show_default=False)] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """List the layer types, or explain one; with --config also the blocks of that config and the layers of its plugins."""
    with_config(config)
    from netcli.layers.documentation import document, documents  # noqa: PLC0415 - heavy
    from netcli.layers.layer import LAYERS  # noqa: PLC0415
    from netcli.report.documentation import option_page, options_table  # noqa: PLC0415
    from netcli.settings import nearest  # noqa: PLC0415

    if name is None:
        every = documents()
        if json:
            print_json({"layers": every})
        else:
            results().table(options_table(every))
        return
    if name not in LAYERS.members:
        close = nearest(name, LAYERS.members)
        hint = f'did you mean "{close}"?' if close else f"there are: {', '.join(LAYERS.members)}"
        raise UsageError(f'unknown layer "{name}"', hint=hint)
    if json:
        print_json(document(name))
    else:
        option_page(results(), document(name))
