"""The edges of doctor's verdict on a learning rate: just within and just beyond each, by the losses of a range test."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.runs import config_of

from netcli.analysis.doctor import trials
from netcli.analysis.doctor.records import Finding
from netcli.config.load import load
from netcli.training.session import prepare

STEPS = 100


def rate_at(step: int) -> float:
    """A range test goes from 1e-6 to 10 in a hundred steps, by the same factor each time."""
    return float(1e-6 * 1e7 ** (step / (STEPS - 1)))


def found(losses: list[float], rate: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Finding:
    """The finding on a config with this rate, where the range test sees these losses."""
    monkeypatch.setattr(trials, "_trial", lambda *arguments: trials._Trial(losses))
    session = prepare(load(config_of(tmp_path), [f"train.optimizer.adam.lr={rate!r}"]))
    (finding,) = trials.learning_rate(session, lambda: False)
    return finding


#: Lowest at the end, where the rate is 10.
FALLING = list(np.linspace(1.0, 0.1, STEPS))


@pytest.mark.parametrize(
    ("rate", "verdict", "advice"),
    [
        (0.00999, "warning", "much can be gained: set train.optimizer.adam.lr to about 1"),
        (0.01001, "ok", None),
        (1.0, "ok", None),
        (9.99, "ok", None),
        (10.01, "warning", "near the rate at which training diverges"),
        (99.9, "warning", "near the rate at which training diverges"),
        (100.1, "fault", "training diverges at such a rate: set train.optimizer.adam.lr to about 1"),
    ],
)
def test_edges(rate: float, verdict: str, advice: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tenth of the rate of the least loss is suggested, so 1; up to ten times that the loss still fell."""
    finding = found(FALLING, rate, tmp_path, monkeypatch)
    assert finding.numbers["suggested"] == pytest.approx(1.0, rel=1e-9)
    assert finding.numbers["diverges_at"] is None
    assert finding.verdict == verdict
    assert (finding.advice or "").startswith(advice or "")
    assert (finding.advice is None) == (advice is None)


@pytest.mark.parametrize(("share", "verdict"), [(0.999, "ok"), (1.001, "fault")])
def test_the_edge_of_divergence(share: float, verdict: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test ended early, at the rate of its last step: that rate and more is a fault."""
    losses = FALLING[:70]
    losses += [losses[-1]] * 5  # the mean goes on falling for a while
    edge = rate_at(len(losses) - 1)
    finding = found(losses, share * edge, tmp_path, monkeypatch)
    assert finding.numbers["diverges_at"] == pytest.approx(edge, rel=1e-9)
    # the least mean is the last one, so that the suggestion is a tenth of the edge, and just below the edge all is well
    assert finding.numbers["suggested"] == pytest.approx(edge / 10, rel=1e-9)
    assert finding.verdict == verdict


@pytest.mark.parametrize(("fall", "verdict"), [(0.049, "warning"), (0.051, "ok")])
def test_a_loss_that_hardly_falls(fall: float, verdict: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By less than a twentieth, it fell at no rate."""
    losses = [1.0] + [1.0 - fall] * (STEPS - 1)
    monkeypatch.setattr(trials, "_smoothed", np.asarray)
    finding = found(losses, rate_at(1) / 10, tmp_path, monkeypatch)
    assert finding.verdict == verdict
    assert ("the loss fell at no rate" in (finding.advice or "")) == (verdict == "warning")
