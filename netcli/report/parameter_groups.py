"""The parameters of layers in layers as one row."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from netcli.analysis.diagnosis import WORDS, Word
from netcli.runs.metrics import ParameterRow


@dataclass(frozen=True)
class ParameterGroup(ParameterRow):
    """So many `parameters` together, as if they were one vector; `shape` has the number of its elements."""

    parameters: int


def grouped(
    found: Sequence[tuple[ParameterRow, Word | None]], groups: Mapping[str, str]
) -> list[tuple[ParameterRow, Word | None]]:
    """The parameters with their words; those of layers that are shown with another one, which `groups` names, as one row."""
    members: dict[tuple[str, str], list[tuple[ParameterRow, Word | None]]] = {}
    for row, word in found:
        home = groups.get(row.layer, row.layer)
        members.setdefault((home, "" if home != row.layer else row.name), []).append((row, word))
    return [_joined(home, some) if not name else some[0] for (home, name), some in members.items()]


def _joined(name: str, members: Sequence[tuple[ParameterRow, Word | None]]) -> tuple[ParameterRow, Word | None]:
    rows = [row for row, _ in members]
    sizes = [math.prod(row.shape) for row in rows]
    weights = _length(row.weight_norm for row in rows)
    change = _length(row.update_ratio * row.weight_norm for row in rows if row.weight_norm)
    zeros = sum(row.zero_share * size for row, size in zip(rows, sizes, strict=True)) / sum(sizes)
    joined = ParameterGroup(
        name=name,
        layer=name,
        line=None,
        shape=(sum(sizes),),
        norm=_length(row.norm for row in rows),
        weight_norm=weights,
        update_ratio=change / weights if weights else math.inf,
        zero_share=zeros,
        history=tuple(map(_length, zip(*(row.history for row in rows), strict=True))),
        parameters=len(rows),
    )
    return joined, min((word for _, word in members if word), key=WORDS.index, default=None)


def _length(parts: Iterable[float]) -> float:
    """The Euclidean norm of a vector from those of its parts."""
    return math.hypot(*parts)
