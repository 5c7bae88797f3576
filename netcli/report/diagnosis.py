"""A word where a parameter's gradient looks wrong, from the norms that the report shows anyway.

NaN         The gradient's or the weights' norm is not a number any more.
exploding   Training is about to be lost: the norm is infinite, or 100 times the median of its own earlier epochs,
            or one step changes more than a tenth of the weights.
dead        Nothing is learnt here: every element of the gradient is exactly zero.
vanishing   The gradient fades on its way back to this layer: per weight it is less than a thousandth of the strongest
            layer's, or the weights hardly move while those of other layers do.

They are hints, worded to send a person to the right row. Where the thresholds come from stands beside them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from netcli.report.records import ParameterRow
from netcli.report.text import Style

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


def word(row: ParameterRow, others: Sequence[ParameterRow]) -> Word | None:
    """What is wrong with the parameter's gradient, or None; `others` are the model's (`row` may be among them)."""
    return _word(row, _strongest([row, *others]))


def words(rows: Sequence[ParameterRow]) -> list[Word | None]:
    """The word of each parameter of a model."""
    strongest = _strongest(rows)
    return [_word(row, strongest) for row in rows]


def _word(row: ParameterRow, strongest: _Strongest) -> Word | None:
    if math.isnan(row.norm) or math.isnan(row.weight_norm):
        return "NaN"
    if _explodes(row):
        return "exploding"
    if row.zero_share == 1:
        return "dead"
    return "vanishing" if _vanishes(row, strongest) else None


def style_of(found: Word) -> Style:
    """Broken numbers are bad, weak ones a warning."""
    return "bad" if found in ("NaN", "exploding") else "warn"


def _explodes(row: ParameterRow) -> bool:
    if math.isinf(row.norm) or math.isinf(row.weight_norm):
        return True
    earlier = [norm for norm in row.history[:-1] if math.isfinite(norm)]
    if len(earlier) >= EXPLODING_HISTORY and row.norm > EXPLODING_GROWTH * median(earlier) > 0:
        return True
    return _is_matrix(row) and EXPLODING_UPDATE < row.update_ratio < math.inf


def _vanishes(row: ParameterRow, strongest: _Strongest) -> bool:
    if not _is_matrix(row):
        return False
    if _root_mean_square(row) < VANISHING_SHARE * strongest.gradient:
        return True
    return row.update_ratio < VANISHING_UPDATE and strongest.update > MOVING_UPDATE


@dataclass(frozen=True)
class _Strongest:
    """Among a model's weights that do not explode, the largest gradient per weight and the largest update ratio."""

    gradient: float
    update: float


def _strongest(rows: Iterable[ParameterRow]) -> _Strongest:
    matrices = [row for row in rows if _is_matrix(row) and not _explodes(row)]
    return _Strongest(_largest(map(_root_mean_square, matrices)), _largest(row.update_ratio for row in matrices))


def _is_matrix(row: ParameterRow) -> bool:
    """Whether it is a layer's weights: biases and scales start at zero or one, where ratios say nothing."""
    return len(row.shape) >= 2


def _root_mean_square(row: ParameterRow) -> float:
    """Root mean square of the gradient's elements."""
    return row.norm / math.sqrt(math.prod(row.shape))


def _largest(values: Iterable[float]) -> float:
    return max((value for value in values if math.isfinite(value)), default=0.0)
