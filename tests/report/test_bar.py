"""The progress of an epoch and how long training will take."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netcli.report.bar import Progress, bar, progress_line
from netcli.report.pace import Pace
from netcli.report.text import line_text, line_width

HALF = Progress("epoch  3/15", 512, 1024, 0.25, 12345.0, 65.0)


def test_bar() -> None:
    shown = line_text(bar(HALF, 80))
    assert shown == "epoch  3/15  ━━━━━━━────────   50 %  loss 0.2500  1m 05s left  12,345 examples/s"
    assert len(shown) == 80


def test_bar_leaves_facts_out_where_it_is_narrow() -> None:
    assert line_text(bar(HALF, 60)) == "epoch  3/15  ━━━━━━━───────   50 %  loss 0.2500  1m 05s left"
    assert line_text(bar(HALF, 49)) == "epoch  3/15  ━━━━━━━━────────   50 %  loss 0.2500"
    assert line_text(bar(HALF, 32)) == "epoch  3/15  ━━━━━━──────   50 %"
    assert line_text(bar(HALF, 8)) == "epoch  3"


@given(st.integers(1, 200), st.integers(0, 3000), st.none() | st.floats(0, 1e9), st.none() | st.floats(0, 1e9))
def test_bar_keeps_to_the_width(width: int, done: int, rate: float | None, left: float | None) -> None:
    assert line_width(bar(Progress("epoch 1/9", done, 2000, 1e-12, rate, left), width)) <= width


def test_progress_line() -> None:
    assert line_text(progress_line(HALF)) == "epoch  3/15, 50 %, loss 0.2500, 1m 05s left, 12,345 examples/s"
    assert line_text(progress_line(Progress("epoch 1/2", 0, 10))) == "epoch 1/2, 0 %"


def test_a_bar_is_full_only_at_the_end() -> None:
    assert "99 %" in line_text(progress_line(Progress("epoch 1/2", 9999, 10000)))
    assert "100 %" in line_text(progress_line(Progress("epoch 1/2", 10000, 10000)))
    assert "100 %" in line_text(progress_line(Progress("epoch 1/2", 0, 0)))


def test_pace_knows_the_rate_and_the_time_left_of_all_epochs() -> None:
    pace = Pace()
    pace.start(1, 4, 100, now=1000.0)
    assert pace.progress(1000.0) == Progress("epoch 1/4", 0, 100, None, None, None)
    pace.advance(50, loss=0.5)
    # 5 s for half an epoch: 10 examples a second, and three and a half epochs of 10 s to go
    assert pace.progress(1005.0) == Progress("epoch 1/4", 50, 100, 0.5, 10.0, pytest.approx(35.0))


def test_pace_counts_the_pauses_between_epochs_and_keeps_the_rate() -> None:
    pace = Pace()
    pace.start(1, 2, 100, now=0.0)
    pace.advance(100, loss=0.5)
    pace.start(2, 2, 100, now=20.0)  # 10 s of training, 10 s of validation
    started = pace.progress(20.0)
    assert started.left == pytest.approx(20.0)
    assert started.rate == pytest.approx(5.0)


def test_pace_of_a_resumed_training_counts_its_own_epochs_only() -> None:
    pace = Pace()
    pace.start(9, 10, 100, now=0.0)
    pace.advance(50, loss=0.5)
    assert pace.progress(10.0).left == pytest.approx(30.0)
