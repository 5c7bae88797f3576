"""The numbers behind the pictures of a training: curves over the epochs and the heat map of gradient norms."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from netcli.runs.metrics import EpochRecord

#: A loss that falls by more than this factor is drawn on a logarithmic scale.
_LOG_RANGE = 100.0
#: Significant digits that a picture can show.
_DIGITS = 5


def chart_data(records: Sequence[EpochRecord]) -> dict[str, Any]:
    """What the page's script draws: `epochs`, `curves` and `heat`; numbers that are not finite are NaN."""
    return {"epochs": [record.epoch for record in records], "curves": curves(records), "heat": heat(records)}


def curves(records: Sequence[EpochRecord]) -> list[dict[str, Any]]:
    """A curve for each loss or metric, training and validation together, then the learning rate and the gradient norm."""
    names = dict.fromkeys(name for record in records for name in (*record.train, *(record.validation or {})))
    pictures = [_metric_curve(name, records) for name in names]
    pictures.append(_curve("learning rate", {"learning rate": [record.lr for record in records]}))
    pictures.append(_curve("gradient norm", {"gradient norm": [record.grad_norm for record in records]}, log=True))
    return pictures


def heat(records: Sequence[EpochRecord]) -> dict[str, Any]:
    """The gradient norms, a row a parameter, and the logarithms between which the colours run."""
    names = [row.name for row in records[-1].parameters] if records else []
    by_epoch = [{row.name: row.norm for row in record.parameters} for record in records]
    norms = [_rounded(epoch.get(name, math.nan) for epoch in by_epoch) for name in names]
    logs = [math.log10(norm) for row in norms for norm in row if math.isfinite(norm) and norm > 0]
    return {"names": names, "norms": norms, "low": min(logs, default=0.0), "high": max(logs, default=0.0)}


def _metric_curve(name: str, records: Sequence[EpochRecord]) -> dict[str, Any]:
    share = name.endswith("accuracy")
    factor = 100 if share else 1
    parts: dict[str, list[float]] = {}
    for part, mappings in (
        ("train", [record.train for record in records]),
        ("validation", [record.validation or {} for record in records]),
    ):
        if any(name in values for values in mappings):
            parts[part] = [factor * values.get(name, math.nan) for values in mappings]
    spread = [value for values in parts.values() for value in values if math.isfinite(value)]
    log = not share and min(spread, default=0) > 0 and max(spread) > _LOG_RANGE * min(spread)
    return _curve(name, parts, log=log, unit=" %" if share else "")


def _curve(title: str, parts: Mapping[str, Sequence[float]], *, log: bool = False, unit: str = "") -> dict[str, Any]:
    """A picture of one or two series; on a logarithmic scale, what is not positive is left out."""
    series = [
        {"label": label, "values": _rounded(math.nan if log and value <= 0 else value for value in values)}
        for label, values in parts.items()
    ]
    return {"title": title, "unit": unit, "log": log, "series": series}


def _rounded(values: Iterable[float]) -> list[float]:
    return [float(f"{value:.{_DIGITS - 1}e}") for value in values]
