"""The pictures in README are what netcli draws."""

from __future__ import annotations

from pathlib import Path

from support.golden import check_golden
from support.graphs import sample
from support.runs import succeed

from netcli.report.graphs.picture import picture
from netcli.report.text import line_text

ROOT = Path(__file__).resolve().parents[2]


def test_the_residual_in_the_docs() -> None:
    of = sample("[dense: 8, relu, residual: [dense: 8], dense: 3, mse]", (4,), 3)
    drawn = "".join(line_text(line) + "\n" for line in picture(of.view(), of.layers, 80))
    shown = (ROOT / "docs/graphs.md").read_text(encoding="utf-8").split("```text\n")[1].split("```")[0]
    assert "├─╮ g = g₁ + g₂" in shown
    assert shown in drawn


def test_the_drawing_in_the_readme() -> None:
    drawn = succeed("inspect-graph", ROOT / "configs/digits-cnn.yaml", "--format", "svg").stdout
    check_golden(ROOT / "docs/digits-cnn.svg", drawn)
