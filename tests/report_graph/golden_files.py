"""Texts that are compared with files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from netcli.report.text import Line, line_text


def plain(lines: Sequence[Line]) -> str:
    """The lines as a file gets them."""
    return "".join(line_text(line) + "\n" for line in lines)


def check_golden(name: str, text: str) -> None:
    """Compare with golden/NAME. NETCLI_UPDATE_GOLDEN=1 writes it anew; read the difference before committing it."""
    path = Path(__file__).parent / "golden" / name
    if os.environ.get("NETCLI_UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), f"not as in {path}; NETCLI_UPDATE_GOLDEN=1 writes it anew"
