"""`netcli init`."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from netcli.cli.command import Group, command
from netcli.cli.running import results
from netcli.errors import UsageError

SCHEMA = "netcli.schema.json"


@command(Group.WRITE)
def init(
    path: Annotated[Path, typer.Argument(metavar="[PATH]", help="The config to write.")] = Path("netcli.yaml"),
) -> None:
    """Write a commented config to begin with.

    Beside it the JSON Schema is put that editors complete and check it by.
    """
    from netcli.config.schema import schema  # noqa: PLC0415 - heavy
    from netcli.strict_json import dumps  # noqa: PLC0415

    text = files("netcli.cli").joinpath("template.yaml").read_text(encoding="utf-8")
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
        path.with_name(SCHEMA).write_text(dumps(schema(), indent=2) + "\n", encoding="utf-8")
    except FileExistsError as error:
        raise UsageError(f"{path} is already there", hint="netcli init OTHER.yaml writes another one") from error
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error
    results().line(f"wrote {path} and {path.with_name(SCHEMA)}; now: netcli train {path}")
