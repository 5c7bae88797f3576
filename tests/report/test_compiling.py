"""What is shown while code is compiled."""

from __future__ import annotations

import io
import time

from netcli.report.compiling import Compiling
from netcli.report.terminal import Abilities, Output


class Clock:
    """A clock that is set."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def shown(times: list[float], *, live: bool = False, quiet: bool = False) -> str:
    """What is written when a piece is made at each of these times."""
    stream, clock = io.StringIO(), Clock()
    with Compiling(Output(stream, Abilities(live, live, live, False)), quiet, clock) as compiling:
        for made, at in enumerate(times):
            clock.now = at
            compiling(made, len(times))
        if live:
            time.sleep(0.4)  # it is drawn eight times a second
    return stream.getvalue()


def test_a_line_where_it_takes_long_and_then_now_and_then() -> None:
    assert shown([0.0, 1.0, 1.9]) == ""
    assert shown([0.0, 2.5, 3.0, 20.0, 33.0, 34.0]) == "compiling, 1 of 6 kernels\ncompiling, 4 of 6 kernels\n"


def test_a_bar_in_a_terminal() -> None:
    drawn = shown([0.0, 0.1, 0.5, 0.6], live=True)
    assert "compiling" in drawn
    assert "75 %" in drawn
    assert shown([0.0, 0.1, 0.2], live=True) == ""


def test_nothing_is_shown_if_nothing_is_wanted() -> None:
    assert shown([0.0, 5.0, 50.0], quiet=True) == ""
    assert shown([0.0, 5.0, 50.0], quiet=True, live=True) == ""
