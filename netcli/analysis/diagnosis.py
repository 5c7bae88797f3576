"""A word, and its evidence, where a parameter's gradient looks wrong, from the norms that the report shows anyway.

NaN         The gradient's or the weights' norm is not a number any more.
exploding   Training is about to be lost: the norm is infinite, or 100 times the median of its own earlier epochs,
            or one step changes more than a tenth of the weights.
dead        Nothing is learnt here: every element of the gradient is exactly zero, or nine tenths of a bias's.
vanishing   The gradient fades on its way back to this layer: per weight it is less than a thousandth of the strongest
            layer's, or the weights hardly move while those of other layers do.

They are hints, worded to send a person to the right row. Where the thresholds come from stands beside them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from netcli import numbers
from netcli.runs.metrics import ParameterRow

Word = Literal["NaN", "exploding", "dead", "vanishing"]

#: From the worst to the mildest.
WORDS: tuple[Word, ...] = ("NaN", "exploding", "dead", "vanishing")

#: A norm wanders by a factor of ten or so from epoch to epoch while all is well; two powers of ten above its median
#: is not noise.
EXPLODING_GROWTH = 100.0
#: Epochs that a median needs before it says anything: the first epochs of a training are the wildest.
EXPLODING_HISTORY = 3
#: A healthy step changes about 1e-3 of the weights (Karpathy, "makemore" part 3; CS231n, "Ratio of weights:updates");
#: networks that train well with momentum reach 2e-2. A hundred times the healthy ratio replaces the weights within
#: ten steps.
EXPLODING_UPDATE = 0.1
#: A thousandth of the healthy ratio: a thousand steps change a thousandth of the weights.
VANISHING_UPDATE = 1e-6
#: If no layer moves more than this, a small learning rate (the end of a schedule) is the reason and not a vanishing
#: gradient.
MOVING_UPDATE = 1e-4
#: Root mean squares, since a norm grows with the number of weights. Over LeNet-5, a small CNN and ReLU networks of 3
#: to 8 layers that learn MNIST, the weakest layer has 4e-2 of the strongest one's; in those that do not learn,
#: sigmoid networks of 5 layers or more and badly initialised ReLU ones of 12, it has 5e-4 or less. (The effect:
#: Glorot & Bengio 2010, figure 7.)
VANISHING_SHARE = 1e-3
#: A bias's element has a gradient of zero where its unit is off for the whole batch. Even where a batch is one example, and
#: each unit is on for one class of ten, a tenth is on; fewer elements than ten cannot be told apart from chance.
DEAD_SHARE = 0.9
#: The least normal float32: no division by a norm of 0.
_TINY = 2.0**-126


@dataclass(frozen=True)
class Finding:
    """What is wrong with a parameter's gradient: the word, the numbers it rests on, and how bad it is among its kind."""

    row: ParameterRow
    word: Word
    evidence: str
    severity: float


def findings(rows: Sequence[ParameterRow]) -> list[Finding | None]:
    """What is wrong with each parameter of a model, or None."""
    strongest = _strongest(rows)
    return [_finding(row, strongest) for row in rows]


def words(rows: Sequence[ParameterRow]) -> list[Word | None]:
    """The word of each parameter of a model."""
    return [found.word if found is not None else None for found in findings(rows)]


def word(row: ParameterRow, others: Sequence[ParameterRow]) -> Word | None:
    """The word of one parameter; `others` are the model's (`row` may be among them)."""
    found = _finding(row, _strongest([row, *others]))
    return found.word if found is not None else None


def culprit(found: Sequence[Finding], rows: Sequence[ParameterRow]) -> Finding:
    """The one of several findings of the same word, in the order of the model `rows`, where the trouble is.

    Gradients die in the last layer none of whose parameters gets any. It has a bias where layers have some: the weights of the
    layers behind it get no gradient either, as they read zeros, but their biases do. Of the other words, the worst.
    """
    if found[0].word != "dead":
        return max(found, key=lambda each: each.severity)
    dead = {each.row.name for each in found}
    alive = {row.layer for row in rows if row.name not in dead}
    whole = [each for each in found if each.row.layer not in alive] or list(found)
    return ([each for each in whole if not _is_matrix(each.row)] or whole)[-1]


def _finding(row: ParameterRow, strongest: _Strongest) -> Finding | None:
    if math.isnan(row.norm) or math.isnan(row.weight_norm):
        what = "gradient" if math.isnan(row.norm) else "weights"
        return Finding(row, "NaN", f"the norm of {_local(row)}'s {what} is NaN", 0.0)
    exploding = _exploding(row)
    if exploding is not None:
        return exploding
    if row.zero_share == 1:
        return Finding(row, "dead", f"every element of {_local(row)}'s is 0", 0.0)
    if not _is_matrix(row) and row.zero_share >= DEAD_SHARE and math.prod(row.shape) >= 1 / (1 - DEAD_SHARE):
        return Finding(row, "dead", f"{numbers.whole_percent(row.zero_share)} of {_local(row)}'s is 0", 0.0)
    return _vanishing(row, strongest)


def _exploding(row: ParameterRow) -> Finding | None:
    if math.isinf(row.norm) or math.isinf(row.weight_norm):
        what = "gradient" if math.isinf(row.norm) else "weights"
        return Finding(row, "exploding", f"the norm of {_local(row)}'s {what} is infinite", math.inf)
    earlier = [norm for norm in row.history[:-1] if math.isfinite(norm)]
    usual = median(earlier) if len(earlier) >= EXPLODING_HISTORY else 0.0
    if row.norm > EXPLODING_GROWTH * usual > 0:
        growth = row.norm / usual
        text = f"the norm of {_local(row)}'s is {numbers.scientific(row.norm)}, {growth:,.0f} times its median before"
        return Finding(row, "exploding", text, growth / EXPLODING_GROWTH)
    if _is_matrix(row) and EXPLODING_UPDATE < row.update_ratio < math.inf:
        text = f"a step changes {numbers.whole_percent(row.update_ratio)} of {_local(row)}"
        return Finding(row, "exploding", text, row.update_ratio / EXPLODING_UPDATE)
    return None


def _vanishing(row: ParameterRow, strongest: _Strongest) -> Finding | None:
    if not _is_matrix(row):
        return None
    own = _root_mean_square(row)
    if own < VANISHING_SHARE * strongest.gradient:
        share = own / strongest.gradient
        text = f"per weight {numbers.scientific(share)} of {strongest.gradient_layer}'s"
        return Finding(row, "vanishing", text, VANISHING_SHARE / max(share, _TINY))
    if row.update_ratio < VANISHING_UPDATE and strongest.update > MOVING_UPDATE:
        text = (
            f"a step changes {numbers.scientific(row.update_ratio)} of {_local(row)}, "
            f"{numbers.scientific(strongest.update)} of {strongest.update_layer}'s"
        )
        return Finding(row, "vanishing", text, VANISHING_UPDATE / max(row.update_ratio, _TINY))
    return None


def _local(row: ParameterRow) -> str:
    """The parameter's name within its layer."""
    return row.name.removeprefix(f"{row.layer}/")


@dataclass(frozen=True)
class _Strongest:
    """Among a model's weights that do not explode, the largest gradient per weight and the largest update ratio."""

    gradient: float
    gradient_layer: str
    update: float
    update_layer: str


def _strongest(rows: Iterable[ParameterRow]) -> _Strongest:
    matrices = [row for row in rows if _is_matrix(row) and _exploding(row) is None]
    return _Strongest(*_largest(matrices, _root_mean_square), *_largest(matrices, lambda row: row.update_ratio))


def _is_matrix(row: ParameterRow) -> bool:
    """Whether it is a layer's weights: biases and scales start at zero or one, where ratios say nothing."""
    return len(row.shape) >= 2


def _root_mean_square(row: ParameterRow) -> float:
    """Root mean square of the gradient's elements."""
    return row.norm / math.sqrt(math.prod(row.shape))


def _largest(rows: Iterable[ParameterRow], value: Callable[[ParameterRow], float]) -> tuple[float, str]:
    """The largest finite value, and the layer that has it; 0 without one."""
    found = [(value(row), row.layer) for row in rows if math.isfinite(value(row))]
    return max(found, key=lambda each: each[0], default=(0.0, ""))
