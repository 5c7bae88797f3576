"""What training takes: memory and time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np

from netcli import numbers
from netcli.analysis.doctor.records import Finding
from netcli.analysis.inspect.costs import activation_bytes
from netcli.training.session import Session

#: Seconds of steps that are timed, and the most of them.
_SECONDS, _MOST = 0.5, 200


def cost_of_training(session: Session, asked: Callable[[], bool]) -> Iterator[Finding]:
    """Memory and time per epoch: numbers without a limit, since only their owner knows what is too much."""
    state = sum(array.nbytes for array in session.initial_state().values.values())
    activations = session.batch_size * sum(activation_bytes(session.step).values())
    yield Finding(
        "memory",
        "ok",
        f"{numbers.size(state + activations)}: state {numbers.size(state)}, activations {numbers.size(activations)}",
        "",
        {"state_bytes": state, "activation_bytes": activations},
    )
    each = _seconds_of_a_step(session, asked)
    epoch = each * session.steps_per_epoch
    epochs = session.loaded.config.train.epochs
    yield Finding(
        "time",
        "ok",
        f"{numbers.seconds(epoch)} an epoch, {numbers.seconds(epoch * epochs)} for {epochs}",
        "",
        {"seconds_per_step": each, "seconds_per_epoch": epoch, "epochs": epochs},
    )


def _seconds_of_a_step(session: Session, asked: Callable[[], bool]) -> float:
    """The median of steps, after the first, which compiles."""
    program = session.executor.compile(session.guarded_step, session.guards)
    state, data = session.initial_state(), session.train_data
    batch = session.batches(0)[0]
    program.prepare(len(batch))
    times: list[float] = []
    while not times or (sum(times) < _SECONDS and len(times) < _MOST):
        begun = time.perf_counter()
        for _ in program.steps(state.copy(), data, [batch]):
            pass
        times.append(time.perf_counter() - begun)
        if asked():
            raise KeyboardInterrupt
    return float(np.median(times))
