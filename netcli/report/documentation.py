"""The documentation of layer types for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from netcli.report.table import Column, Table
from netcli.report.terminal import Output
from netcli.report.text import Styled


def options_table(documents: Sequence[Mapping[str, Any]]) -> Table:
    """A line for each layer type."""
    columns = (Column("layer"), Column("main setting"), Column("what it does", shrink=True))
    rows = tuple((Styled(each["layer"], "strong"), each["main"] or "", each["summary"]) for each in documents)
    return Table(None, columns, rows, "netcli layers NAME shows one with all its settings")


def option_page(output: Output, document: Mapping[str, Any]) -> None:
    """The whole documentation of one."""
    width = min(output.width or 100, 100)
    output.line(document["layer"], "strong")
    output.line()
    for paragraph in _paragraphs(f"{document['summary']}\n{document['details']}"):
        output.line(textwrap.fill(paragraph, width))
    output.line()
    output.line("settings", "strong")
    for setting in document["settings"]:
        main = " (main)" if setting["name"] == document["main"] else ""
        default = "required" if setting["required"] else f"default {_yaml(setting['default'])}"
        output.lines([(Styled(f"  {setting['name']}{main}", "forward"), Styled(f"  {default}", "muted"))])
        output.line(textwrap.fill(setting["description"], width, initial_indent="      ", subsequent_indent="      "))
    output.line()
    output.line("in YAML", "strong")
    for line in _examples(document):
        output.line(f"  {line}")


def _paragraphs(text: str) -> list[str]:
    """The text's lines, those that go on in the next one joined with it: a line ends where a sentence does."""
    paragraphs: list[str] = []
    going_on = False
    for line in text.splitlines():
        if going_on and line:
            paragraphs[-1] += f" {line.strip()}"
        else:
            paragraphs.append(line)
        going_on = bool(line) and not line.endswith((".", ":", ";"))
    return paragraphs


def _examples(document: Mapping[str, Any]) -> list[str]:
    """The ways to write it."""
    word, main = document["layer"], document["main"]
    required = [setting["name"] for setting in document["settings"] if setting["required"]]
    lines = [f"- {word}"] if not required else []
    values = {setting["name"]: _example(setting) for setting in document["settings"]}
    if main is not None:
        lines.append(f"- {word}: {values[main]}")
    others = [name for name, value in values.items() if name not in {"name", main, *required} and value != "…"][:2]
    written = [*([main] if main else []), *(name for name in required if name != main), *others]
    if written:
        lines.append(f"- {word}: {{{', '.join(f'{name}: {values[name]}' for name in written)}}}")
    named = ", ".join([f"name: my_{word}", *(f"{name}: {values[name]}" for name in required)])
    return [*lines, f"- {word}: {{{named}}}"]


def _example(setting: Mapping[str, Any]) -> str:
    if setting["default"] is not None:
        return _yaml(setting["default"])
    if examples := setting["schema"].get("examples"):
        return _yaml(examples[0])
    return {"integer": "10", "number": "0.1", "array": "[1, 8, 8]"}.get(setting["schema"].get("type", ""), "…")


def _yaml(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, list):
        return (
            f"[{', '.join(_pairs(entry) if isinstance(entry, dict) and len(entry) == 1 else _yaml(entry) for entry in value)}]"
        )
    if isinstance(value, dict):
        return f"{{{_pairs(value)}}}"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _pairs(value: Mapping[str, object]) -> str:
    return ", ".join(f"{key}: {_yaml(entry)}" for key, entry in value.items())
