"""Pictures and texts of graphs that are compared with files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from support import golden

from netcli.report.text import Line, line_text


def plain(lines: Sequence[Line]) -> str:
    """The lines as a file gets them."""
    return "".join(line_text(line) + "\n" for line in lines)


def check_golden(name: str, text: str) -> None:
    """Compare with golden/NAME."""
    golden.check_golden(Path(__file__).parent / "golden" / name, text)
