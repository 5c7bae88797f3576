"""The colours of the phases, which all who see colours can tell apart (Okabe and Ito, 2008)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from netcli.graph import Phase


@dataclass(frozen=True)
class Colour:
    """Lines and texts, and the ground of boxes."""

    line: str
    ground: str


#: On a light page.
LIGHT: Mapping[Phase, Colour] = {
    "forward": Colour("#0072b2", "#e6f2f9"),
    "backward": Colour("#d55e00", "#fcefe5"),
    "update": Colour("#009e73", "#e5f5f0"),
}

#: On a dark page: blue is their sky blue, vermilion and green are lighter.
DARK: Mapping[Phase, Colour] = {
    "forward": Colour("#56b4e9", "#11293a"),
    "backward": Colour("#f0803c", "#35200f"),
    "update": Colour("#2fc497", "#0d2f26"),
}
