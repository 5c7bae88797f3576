"""What a person sees of a gradient check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from netcli.analysis.inspect.nesting import fitting, groups
from netcli.autodiff.gradcheck import Check, Fault, Kind, Verdict, merged
from netcli.report.faults import fault_json
from netcli.report.model import deeper_note
from netcli.report.table import Column, Table
from netcli.report.text import Cell, Style, Styled

_STYLES: Mapping[Verdict, Style] = {"pass": "good", "kink": "warn", "fail": "bad"}
_TITLES: Mapping[Kind, str] = {
    "reverse": "differences",
    "complex": "complex step",
    "forward": "forward mode",
    "second reverse": "2nd differences",
    "second complex": "2nd complex",
    "second forward": "2nd forward",
}


@dataclass(frozen=True)
class Shown:
    """What a table has of checks: `depth` is how deep, None where all are there."""

    checks: list[Check]
    depth: int | None = None

    def caption(self, text: str) -> str:
        """The caption of the table."""
        return text if self.depth is None else f"{deeper_note(self.depth)}; {text}"


def grouped(checks: Sequence[Check], depths: Mapping[str, int], depth: int | None) -> Shown:
    """The checks of parameters; those of layers that stand in `depth` others or more as one of each kind, the worst of them.

    `depths` says of each layer in how many others it stands. Without a depth they are joined as far as there is no room.
    """

    def joined(limit: int) -> dict[str, list[Check]]:
        home = groups(depths, limit)
        rows: dict[str, list[Check]] = {}
        for check in checks:
            layer = check.name.rpartition("/")[0]
            around = home.get(layer, layer)
            rows.setdefault(check.name if around == layer else around, []).append(check)
        return rows

    limit = fitting(1 + max(depths.values(), default=0), lambda limit: len(joined(limit))) if depth is None else depth
    rows = joined(limit)
    found = [check for name, some in rows.items() for check in (merged(name, some) if name in depths else some)]
    return Shown(found, limit if any(name in depths for name in rows) else None)


def check_table(title: str, shown: Shown) -> Table:
    """A row per parameter or operation: its verdict, and the greatest relative error of each comparison."""
    checks = shown.checks
    names = list(dict.fromkeys(check.name for check in checks))
    kinds = [kind for kind in _TITLES if any(check.kind == kind for check in checks)]
    columns = (
        Column("name", shrink=True),
        Column("verdict"),
        *(Column(_TITLES[kind], "right", drop=index) for index, kind in enumerate(kinds)),
        Column("elements", "right", drop=len(kinds)),
    )
    rows = tuple(_row(name, [check for check in checks if check.name == name], kinds) for name in names)
    return Table(
        title,
        columns,
        rows,
        shown.caption(
            "relative errors of reverse mode: against central differences, the complex step, and forward mode; "
            "2nd: of the gradient itself"
        ),
    )


def _row(name: str, checks: Sequence[Check], kinds: Sequence[Kind]) -> tuple[Cell, ...]:
    verdict = worst(checks)
    by_kind = {check.kind: check for check in checks}
    errors: list[Cell] = [_error(by_kind.get(kind)) for kind in kinds]
    elements = by_kind["reverse"].elements if "reverse" in by_kind else 0
    shown: Cell = Styled(verdict, _STYLES[verdict])
    if verdict == "pass" and by_kind.keys() == {"type"}:
        shown = Styled("no derivative", "muted")
    return (name, shown, *errors, f"{elements:,}" if elements else "-")


def _error(check: Check | None) -> Cell:
    if check is None:
        return "-"
    return Styled(f"{check.max_rel_error:.1e}", None if check.verdict == "pass" else _STYLES[check.verdict])


def precision_table(title: str, shown: Shown) -> Table:
    """A row per parameter or operation: how many digits of what an executor computes in float32 are right."""
    columns = (
        Column("name", shrink=True),
        Column("verdict"),
        Column("digits", "right"),
        Column("worst element", "right", drop=1),
        Column("largest error", "right", drop=2),
        Column("of bound", "right"),
        Column("elements", "right", drop=3),
    )
    return Table(
        title,
        columns,
        tuple(_precision_row(check) for check in shown.checks),
        shown.caption(
            "digits: of the largest element, right beside the largest error, 7.2 at most; worst element: of itself; "
            "of bound: the largest error as a share of what rounding may do to its element"
        ),
    )


def _precision_row(check: Check) -> tuple[Cell, ...]:
    verdict, precision = Styled(check.verdict, _STYLES[check.verdict]), check.precision
    if precision is None:
        return (check.name, verdict, "-", "-", "-", "-", f"{check.elements:,}")
    share = f"{precision.share:.1%}" if precision.share < 10 else f"{precision.share:.1e}"
    return (
        check.name,
        verdict,
        f"{precision.digits:.1f}",
        f"{precision.worst_digits:.1f}",
        f"{check.max_abs_error:.1e}",
        Styled(share, None if check.verdict == "pass" else _STYLES[check.verdict]),
        f"{check.elements:,}",
    )


def worst(checks: Sequence[Check]) -> Verdict:
    """fail if any is, else kink if any is."""
    found = {check.verdict for check in checks}
    return "fail" if "fail" in found else "kink" if "kink" in found else "pass"


def findings(checks: Sequence[Check]) -> list[str]:
    """What is to be said of each check that did not simply pass."""
    return [f"{check.verdict}: {check.name}, {check.kind}: {check.detail}" for check in checks if check.verdict != "pass"]


def as_json(checks: Sequence[Check], faults: Sequence[Fault] | None = None) -> dict[str, Any]:
    """The document of `gradcheck --json`; `faults` where derivatives themselves were checked."""
    document = {"passed": worst(checks) != "fail", "checks": [_row_json(check) for check in checks]}
    return document if faults is None else {**document, "faults": [fault_json(fault) for fault in faults]}


def _row_json(check: Check) -> dict[str, Any]:
    row: dict[str, Any] = {
        "name": check.name,
        "kind": check.kind,
        "verdict": check.verdict,
        "max_abs_error": check.max_abs_error,
        "max_rel_error": check.max_rel_error,
        "elements": check.elements,
        "detail": check.detail,
    }
    if check.evidence is not None:
        row["evidence"] = {
            **asdict(check.evidence),
            "element": None if check.evidence.element is None else list(check.evidence.element),
        }
    if check.precision is not None:
        row |= {
            "digits": check.precision.digits,
            "worst_digits": check.precision.worst_digits,
            "share_of_bound": check.precision.share,
        }
    return row
