"""Texts that are compared with files."""

from __future__ import annotations

import os
from pathlib import Path


def check_golden(path: Path, text: str) -> None:
    """Compare with a file. NETCLI_UPDATE_GOLDEN=1 writes it anew; read the difference before committing it."""
    if os.environ.get("NETCLI_UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), f"not as in {path}; NETCLI_UPDATE_GOLDEN=1 writes it anew"
