"""Short trainings from the initial weights: one batch learned by heart, and a learning rate that rises."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from netcli import numbers
from netcli.analysis.doctor.baseline import baseline_of
from netcli.analysis.doctor.records import Finding, Verdict
from netcli.analysis.inspect.costs import cost
from netcli.analysis.values import first_batch
from netcli.graph import Array, Graph, Node
from netcli.ops import exp
from netcli.optimizers.adam import Adam
from netcli.optimizers.optimizer import Optimizer
from netcli.optimizers.schedules.constant import Constant
from netcli.optimizers.schedules.schedule import Progress, Schedule
from netcli.optimizers.step import Rule, training_step
from netcli.passes import optimize
from netcli.training.session import Session

#: One batch by heart (Karpathy, "A recipe for training neural networks", 2019): examples, steps, adam's rate.
_EXAMPLES, _STEPS, _RATE = 32, 500, 5e-3
#: It is learned when all examples are told right, or at this share of the first loss; from the other on, nothing was learned.
_LEARNED, _NOTHING = 0.1, 0.9
#: The range test (Smith, "Cyclical learning rates for training neural networks", 2017): from, to, in so many steps, of batches
#: of at most so many examples: it should take seconds, also with the numpy executor.
_LOW, _HIGH, _RANGE_STEPS, _RANGE_EXAMPLES = 1e-6, 10.0, 100, 64
#: Of large networks fewer steps, so many at least: the operations that a trial may take, seconds with the numpy executor.
_LEAST_STEPS, _OPERATIONS = 50, 2e10
#: A loss this many times the least so far has diverged; one that may be negative, that many of its sizes above it.
_DIVERGED = 4.0
#: A loss that is less than the first by more than this share of it has fallen.
_FELL = 0.05
#: How much of the mean comes from the newest loss.
_NEWEST = 0.1
#: The suggestion lies so much below the rate of the least loss, where the loss still falls.
_MARGIN = 10.0
#: A rate this much above that of the least loss is beyond all that was tried or learned.
_FAR = 10.0
#: A rate this much below the suggestion is slow.
_SLOW = 100.0


class Rising(Schedule):
    """A rate that is multiplied by the same number at each step."""

    word = "rising"

    growth: float
    """That number."""

    def factor(self, progress: Progress) -> Node:
        """growth^step."""
        return exp(progress.step * math.log(self.growth))


def one_batch(session: Session, asked: Callable[[], bool]) -> Iterator[Finding]:
    """Whether the network can learn a few examples by heart: what it cannot, no data and no learning rate will teach it."""
    data = dict(first_batch(session, _EXAMPLES))
    examples = len(data["target"])
    batches = [np.arange(examples)] * _steps(session, examples, _STEPS)
    trial = _trial(session, Adam(lr=_RATE), Constant(), data, batches, asked, lambda trial: trial.learned)
    losses = trial.losses
    share = min(losses) / losses[0] if losses[0] > 0 else 0.0
    verdict = _judged_trial(trial, share, told=baseline_of(session) is not None)
    advice = (
        "it should learn so few examples by heart: less dropout, weight decay and augmentation, more units, "
        "or an activation that lets the gradient through"
    )
    told = f", {numbers.percent(max(trial.right), 0)} right" if trial.right else ""
    wanted = f"a loss of {numbers.significant(_LEARNED * losses[0])}"
    yield Finding(
        "one batch by heart",
        verdict,
        f"loss {numbers.significant(losses[0])} → {numbers.significant(min(losses))}{told}, {len(losses)} steps",
        f"all right, or {wanted}" if trial.right else wanted,
        {"first": losses[0], "least": min(losses), "right": max(trial.right, default=None), "steps": len(losses)},
        advice if verdict in {"warning", "fault"} else None,
    )


def _judged_trial(trial: _Trial, share: float, *, told: bool) -> Verdict:
    """The verdict on a least loss that is this share of the first; `told` says that shares of the loss mean something."""
    if not math.isfinite(share):
        return "fault"
    if trial.right[-1:] == [1.0] or (told and trial.learned):
        return "ok"
    if not told:
        return "unknown"
    return "fault" if share > _NOTHING else "warning"


def _steps(session: Session, examples: int, most: int) -> int:
    """How many steps of so many examples a trial has: of the network alone, so that it ends the same on any machine."""
    each = sum(
        examples * part.per_example + part.per_step for part in (cost(session.step, "forward"), cost(session.step, "backward"))
    )
    return int(min(most, max(_LEAST_STEPS, _OPERATIONS / max(each, 1))))


def learning_rate(session: Session, asked: Callable[[], bool]) -> Iterator[Finding]:
    """The config's rate against a range test with the config's own optimizer: the loss while the rate rises."""
    optimizer = session.loaded.config.train.optimizer
    steps = _steps(session, _RANGE_EXAMPLES, _RANGE_STEPS)
    growth = (_HIGH / _LOW) ** (1 / (steps - 1))
    batches = session.batches(0)
    some = [batches[number % len(batches)][:_RANGE_EXAMPLES] for number in range(steps)]
    rising = optimizer.model_copy(update={"lr": _LOW})
    losses = _trial(
        session, rising, Rising(growth=growth), session.train_data, some, asked, lambda trial: _diverged(trial.losses)
    ).losses
    means = _smoothed(losses)
    rates = _LOW * growth ** np.arange(len(means))
    best = int(np.nanargmin(means))
    suggested, edge = float(rates[best]) / _MARGIN, float(rates[-1])
    fell = bool(np.isfinite(means[0])) and means[0] - means[best] > _FELL * abs(means[0])
    if not fell and baseline_of(session) is None:
        yield Finding("learning rate", "unknown", f"{optimizer.lr:g}", "", {"rate": optimizer.lr})
        return
    yield _judged_rate(session, optimizer.lr, suggested, edge, diverged=len(losses) < steps, fell=fell)


def _judged_rate(session: Session, rate: float, suggested: float, edge: float, *, diverged: bool, fell: bool) -> Finding:
    optimizer = session.loaded.config.train.optimizer
    where = f"train.optimizer.{optimizer.word}.lr"
    verdict: Verdict = "ok"
    advice = None
    if not fell:
        verdict, advice = "warning", "the loss fell at no rate between 1e-06 and 10: look at the other checks first"
    elif (diverged and rate >= edge) or rate > _FAR * suggested * _MARGIN:
        verdict, advice = "fault", f"training diverges at such a rate: set {where} to about {suggested:.1g}"
    elif rate > suggested * _MARGIN:
        verdict, advice = "warning", f"near the rate at which training diverges: {where} of about {suggested:.1g} is safer"
    elif rate < suggested / _SLOW:
        verdict, advice = "warning", f"much can be gained: set {where} to about {suggested:.1g}"
    place = session.loaded.place("train", "optimizer", optimizer.word, "lr")
    return Finding(
        "learning rate",
        verdict,
        f"{rate:g}",
        f"about {suggested:.1g}" + (f", diverges at {edge:.1g}" if diverged else ""),
        {"rate": rate, "suggested": suggested, "diverges_at": edge if diverged else None},
        advice,
        place if advice else None,
    )


@dataclass
class _Trial:
    """The loss of each step, and the share of its examples that were told right, for classes."""

    losses: list[float] = field(default_factory=list)
    right: list[float] = field(default_factory=list)

    @property
    def learned(self) -> bool:
        """Whether the examples are known by heart."""
        return 0 <= self.losses[-1] <= _LEARNED * self.losses[0] or self.right[-1:] == [1.0]


def _trial(
    session: Session,
    optimizer: Optimizer,
    schedule: Schedule,
    data: dict[str, Array],
    batches: list[Array],
    asked: Callable[[], bool],
    enough: Callable[[_Trial], bool],
) -> _Trial:
    """Train from the initial weights on, until that is `enough`, or the loss is not finite."""
    network, model = session.model.training, session.model
    train = session.loaded.config.train
    rule = Rule(optimizer, schedule, len(batches), 1, train.clip_norm, train.clip_value)
    step = training_step(network.objective, network.outputs, model.parameters, model.step, rule, dict(network.updates))
    graph = optimize(Graph({name: step.outputs[name] for name in ("loss", "accuracy") if name in step.outputs}, step.updates))
    state = session.first_values(dict.fromkeys([*model.variables.values(), *graph.variables]))
    fed = {label: data[label] for label in graph.placeholders}
    trial = _Trial()
    for outputs in session.executor.compile(graph, ["loss"]).steps(state, fed, batches, asked):
        if not np.isfinite(outputs["loss"]):
            break
        trial.losses.append(float(outputs["loss"]))
        if "accuracy" in outputs:
            trial.right.append(float(outputs["accuracy"]))
        if enough(trial):
            break
    if asked():
        raise KeyboardInterrupt
    trial.losses = trial.losses or [math.inf]
    return trial


def _diverged(losses: list[float]) -> bool:
    means = _smoothed(losses)
    least = means.min()
    return bool(means[-1] - least > (_DIVERGED - 1) * abs(least))


def _smoothed(losses: list[float]) -> Array:
    """Means that forget, without the bias of their beginning."""
    means, mean = [], 0.0
    for number, loss in enumerate(losses, 1):
        mean = (1 - _NEWEST) * mean + _NEWEST * loss
        means.append(mean / (1 - (1 - _NEWEST) ** number))
    return np.array(means)
