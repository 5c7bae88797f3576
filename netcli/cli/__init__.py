"""The command line: one file per command, found by itself; nothing heavy is imported before a command runs."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, TextIO

import typer

from netcli import __version__
from netcli.cli.command import commands
from netcli.cli.running import guarded

app = typer.Typer(
    name="netcli",
    help="Train neural networks from a YAML file, with gradients that can be seen, checked and explained.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _command in commands(__name__):
    app.command(_command.name)(_command.run)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"netcli {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Train neural networks from a YAML file, with gradients that can be seen, checked and explained."""


def main() -> None:
    """Run the command line. A standard stream that is closed takes what is written and drops it, as Python's print does."""
    sys.stdout = sys.stdout or _nowhere()
    sys.stderr = sys.stderr or _nowhere()
    guarded(app)()


def _nowhere() -> TextIO:
    return Path(os.devnull).open("w", encoding="utf-8")
