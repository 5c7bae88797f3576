"""Pieces of HTML. Every text is escaped here, so that names from a file stay text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from importlib.resources import files
from typing import Any

from netcli.report.table import Column, Table
from netcli.report.text import Cell, Style, text_of
from netcli.strict_json import dumps


def asset(name: str) -> str:
    """A file that is put into pages: a template, a style, a script."""
    return files("netcli.report").joinpath("assets", name).read_text(encoding="utf-8").strip()


def element(tag: str, text: str, classes: str = "") -> str:
    """An element with a text in it."""
    return f"{_open(tag, classes)}{escape(text)}</{tag}>"


def section(title: str, body: str, note: str = "") -> str:
    """A part of the page, with a heading and a sentence about it."""
    heading = element("h2", title) + (element("p", note, "muted") if note else "")
    return f"<section>\n{heading}\n{body}\n</section>"


def facts(pairs: Mapping[str, str], classes: str) -> str:
    """A list of names and values."""
    items = "\n".join(f"<div>{element('dt', name)}{element('dd', value)}</div>" for name, value in pairs.items())
    return f"{_open('dl', classes)}\n{items}\n</dl>"


def data_table(table: Table) -> str:
    """A table; columns without any text are left out."""
    rows = [*table.rows, *([table.footer] if table.footer is not None else [])]
    kept = [index for index in range(len(table.columns)) if any(text_of(row[index]) for row in rows)]
    columns = [table.columns[index] for index in kept]

    def line(cells: tuple[Cell, ...]) -> str:
        return _row(columns, [cells[index] for index in kept])

    heads = "".join(element("th", column.title, _side(column)) for column in columns)
    body = "\n".join(line(row) for row in table.rows)
    foot = f"\n<tfoot>{line(table.footer)}</tfoot>" if table.footer is not None else ""
    caption = element("p", table.caption, "note") if table.caption else ""
    content = f"<thead><tr>{heads}</tr></thead>\n<tbody>\n{body}\n</tbody>{foot}"
    return f'<div class="scroll"><table class="data">\n{content}\n</table></div>{caption}'


def script_json(value: Any) -> str:
    """Strict JSON that can stand inside a script element: nothing in it can end that."""
    return dumps(value, compact=True).replace("<", "\\u003c")


def _open(tag: str, classes: str) -> str:
    return f'<{tag} class="{escape(classes)}">' if classes else f"<{tag}>"


def _row(columns: Iterable[Column], cells: Iterable[Cell]) -> str:
    inner = "".join(
        element("td", text_of(cell), f"{_side(column)} {_style(cell) or ''}".strip())
        for column, cell in zip(columns, cells, strict=True)
    )
    return f"<tr>{inner}</tr>"


def _side(column: Column) -> str:
    return "right" if column.justify == "right" else ""


def _style(cell: Cell) -> Style | None:
    return None if isinstance(cell, str) else cell.style
