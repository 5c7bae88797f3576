"""What `netcli doctor` finds, as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from netcli.errors import Place

#: `unknown`: nothing is said, since the layer or the loss that was asked does not tell.
Verdict = Literal["unknown", "ok", "warning", "fault"]


@dataclass(frozen=True)
class Finding:
    """A check and its verdict: the numbers it rests on by name, what was found and expected in words, and what to change.

    `place` is where the setting or the layer stands that the advice is about.
    """

    check: str
    verdict: Verdict
    found: str
    expected: str
    numbers: dict[str, float | str | None]
    advice: str | None = None
    place: Place | None = None


def worst(findings: Sequence[Finding]) -> Verdict:
    """The worst verdict of all."""
    order: tuple[Verdict, ...] = ("unknown", "ok", "warning", "fault")
    return max((each.verdict for each in findings), key=order.index, default="ok")
