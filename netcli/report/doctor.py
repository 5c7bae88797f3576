"""What `netcli doctor` found, as a table with what to do below it."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

from netcli.analysis.doctor.records import Finding, Verdict, worst
from netcli.report.table import Column, Table
from netcli.report.text import Line, Style, Styled
from netcli.strict_json import strict

_STYLES: dict[Verdict, Style] = {"unknown": "muted", "ok": "good", "warning": "warn", "fault": "bad"}
_COLUMNS = (Column(""), Column("check"), Column("found", shrink=True), Column("expected", drop=1))


def doctor_table(name: str, findings: Sequence[Finding]) -> Table:
    """A row per check."""
    rows = tuple(
        (Styled(each.verdict, _STYLES[each.verdict]), Styled(each.check, "strong"), each.found, Styled(each.expected, "muted"))
        for each in findings
    )
    return Table(f"{name}, before training", _COLUMNS, rows)


def advice_lines(findings: Sequence[Finding], width: int | None) -> list[Line]:
    """What to change, the faults first: `line 12: …`, and that line."""
    lines: list[Line] = []
    for verdict in ("fault", "warning"):
        for each in (x for x in findings if x.verdict == verdict and x.advice):
            where = f", line {each.place.line}" if each.place else ""
            lines += [(), (Styled(verdict, _STYLES[each.verdict]), ": ", Styled(f"{each.check}{where}", "strong"))]
            if each.place and each.place.text:
                lines.append((Styled(f"  {each.place.line:5} | ", "muted"), each.place.text.rstrip()))
            text = each.advice or ""
            lines += [(f"  {part}",) for part in (textwrap.wrap(text, width - 2) if width is not None else [text])]
    return lines


def as_json(name: str, findings: Sequence[Finding]) -> dict[str, Any]:
    """The document of `doctor --json`."""
    document: dict[str, Any] = strict({"name": name, "verdict": worst(findings), "checks": [_entry(each) for each in findings]})
    return document


def _entry(finding: Finding) -> dict[str, Any]:
    return {
        "check": finding.check,
        "verdict": finding.verdict,
        "found": finding.found,
        "expected": finding.expected,
        "numbers": finding.numbers,
        "advice": finding.advice,
        "line": finding.place.line if finding.place else None,
    }
