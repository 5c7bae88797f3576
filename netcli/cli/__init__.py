"""The command line: one file per command, nothing heavy imported before a command runs."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, TextIO

import typer

from netcli import __version__
from netcli.cli import (
    bench,
    cache,
    diff,
    doctor,
    evaluate,
    explain,
    gradcheck,
    init,
    inspect_graph,
    layers,
    predict,
    schema,
    train,
)
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
app.command("train")(train.train)
app.command("evaluate")(evaluate.evaluate)
app.command("predict")(predict.predict)
app.command("gradcheck")(gradcheck.gradcheck)
app.command("explain")(explain.explain)
app.command("inspect-graph")(inspect_graph.inspect_graph)
app.command("diff")(diff.diff)
app.command("bench")(bench.bench)
app.command("doctor")(doctor.doctor)
app.command("layers")(layers.layers)
app.command("schema")(schema.schema)
app.command("init")(init.init)
app.command("cache")(cache.cache)


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
