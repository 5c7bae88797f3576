"""Learning rates by formulae of their own: at the start, at the end of the warm-up, at drops, at the end."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from support.cases import SCHEDULE_CASES
from support.members import PER_EPOCH
from support.training import rates, schedule_of

from netcli.optimizers.schedules.schedule import Schedule

EPOCHS, LR = 6, 0.4


#: In words: (step since the warm-up, steps after the warm-up) -> factor.
FACTORS: dict[str, Callable[[float, float], float]] = {
    text: factor for case in SCHEDULE_CASES.values() for text, factor in case.factors.items()
}


def warmed(text: str, epochs: float) -> Schedule:
    """The schedule with a warm-up."""
    return schedule_of(text).model_copy(update={"warmup_epochs": epochs})


def found(text: str | Schedule, dtype: str = "float64") -> list[float]:
    return rates(text, LR, steps_per_epoch=PER_EPOCH, epochs=EPOCHS, dtype=dtype)  # type: ignore[arg-type]


@pytest.mark.parametrize("warmup", [0, 1, 0.5, 2.25])
@pytest.mark.parametrize("text", FACTORS)
def test_every_step(text: str, warmup: float) -> None:
    risen = round(warmup * PER_EPOCH)
    steps = EPOCHS * PER_EPOCH
    rising = [LR * (step + 1) / risen for step in range(risen)]
    after = [LR * FACTORS[text](step, steps - risen) for step in range(steps - risen)]
    np.testing.assert_allclose(found(warmed(text, warmup)), rising + after, rtol=1e-9)


@pytest.mark.parametrize("text", FACTORS)
def test_every_step_in_float32(text: str) -> None:
    np.testing.assert_allclose(found(warmed(text, 1), "float32"), found(warmed(text, 1)), rtol=1e-4, atol=1e-6)


def test_warm_up_ends_at_the_full_rate() -> None:
    values = found("constant: {warmup_epochs: 2}")
    assert values[0] == pytest.approx(LR / 20)
    assert values[18] == pytest.approx(LR * 19 / 20)
    assert values[19:] == [pytest.approx(LR)] * 41


def test_a_warm_up_of_all_epochs_or_more() -> None:
    for epochs in (6, 100):
        expected = [LR * (step + 1) / (10 * epochs) for step in range(60)]
        np.testing.assert_allclose(found(f"cosine: {{warmup_epochs: {epochs}}}"), expected, rtol=1e-12)


def test_a_warm_up_of_less_than_half_a_step_is_none() -> None:
    assert found("constant: {warmup_epochs: 0.04}") == found("constant")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_steps_drop_at_the_beginning_of_their_epochs(dtype: str) -> None:
    values = found("step: {epochs: 2, gamma: 0.5}", dtype)
    drops = [step for step in range(1, 60) if values[step] != values[step - 1]]
    assert drops == [20, 40]


@pytest.mark.parametrize("per_epoch", [3, 7, 937, 4000])
def test_steps_drop_in_time_whatever_rounding_does(per_epoch: int) -> None:
    """In float32 the last step of an epoch and the first one of the next are told apart."""
    values = rates("step: {epochs: 1, gamma: 0.5}", 1.0, steps_per_epoch=per_epoch, epochs=3, dtype="float32")
    np.testing.assert_allclose(values, np.repeat([1.0, 0.5, 0.25], per_epoch), rtol=1e-6)


def test_ends() -> None:
    assert found("cosine")[0] == pytest.approx(LR)
    assert found("cosine")[-1] == pytest.approx(LR * math.sin(math.pi / 120) ** 2)  # one step of 60 before the end, which is 0
    assert found("one_cycle")[0] == pytest.approx(0.04 * LR)
    assert found("one_cycle")[17] == pytest.approx(LR) == max(found("one_cycle"))
    assert found("one_cycle")[-1] == pytest.approx(4e-6 * LR)
    assert found("exponential: 0.5")[10] == pytest.approx(LR / 2)


def test_beyond_the_end_a_cosine_stays_at_its_final_rate() -> None:
    """As when training is resumed for more epochs than were planned."""
    for text in ("cosine: {final: 0.1}", "one_cycle: {final: 0.1}"):
        assert rates(text, LR, steps_per_epoch=PER_EPOCH, epochs=EPOCHS, at=[60, 1000]) == [pytest.approx(0.1 * LR)] * 2
