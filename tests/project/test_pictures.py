"""The pictures in README are what netcli draws."""

from __future__ import annotations

from pathlib import Path

from support.golden import check_golden
from support.runs import succeed

ROOT = Path(__file__).resolve().parents[2]


def test_the_drawing_in_the_readme() -> None:
    drawn = succeed("inspect-graph", ROOT / "configs/digits-cnn.yaml", "--format", "svg").stdout
    check_golden(ROOT / "docs/digits-cnn.svg", drawn)
