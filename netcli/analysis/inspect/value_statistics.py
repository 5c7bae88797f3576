"""What flows through a graph, in numbers: the statistics of every node's value for one batch."""

from __future__ import annotations

import math

import numpy as np

from netcli.analysis.inspect.records import Flow, ValueStatistics
from netcli.analysis.inspect.roles import is_parameter
from netcli.analysis.values import values_of
from netcli.executors import Executor, Feeds, State
from netcli.graph import Array, Graph
from netcli.optimizers.norms import update_ratio

#: Bins of a histogram: enough to see two modes or a spike at zero, few enough to draw small.
BINS = 24


def flow_of(graph: Graph, state: State, feeds: Feeds, runner: Executor) -> Flow:
    """What flows through a graph when it is computed for one batch. The state stays as it is."""
    values = values_of(graph, state, feeds, runner)
    found = {node: statistics_of(value) for node, value in values.items()}
    ratios = {
        target: update_ratio(statistics_of(values[new].astype(np.float64) - values[target]).norm, found[target].norm)
        for target, new in graph.updates.items()
        if is_parameter(target)
    }
    return Flow(max(len(array) for array in feeds.values()), found, ratios)


def statistics_of(value: Array) -> ValueStatistics:
    """The statistics of the elements of an array of at least one, computed in float64."""
    elements = np.asarray(value, np.float64).ravel()
    finite = elements[np.isfinite(elements)]
    whole = 0 < finite.size == elements.size
    nans = int(np.isnan(elements).sum())
    # scaled, since float64 may not hold the squares and differences of what it holds
    scale = float(np.abs(finite).max(initial=0.0)) or 1.0
    scaled = finite / scale
    return ValueStatistics(
        elements=elements.size,
        norm=scale * float(np.linalg.norm(scaled)) if whole else math.nan if nans else math.inf,
        mean=scale * float(scaled.mean()) if whole else math.nan,
        deviation=scale * float(scaled.std()) if whole else math.nan,
        smallest=float(finite.min()) if finite.size else None,
        largest=float(finite.max()) if finite.size else None,
        zeros=float((elements == 0).mean()),
        nans=nans,
        infinities=elements.size - finite.size - nans,
        histogram=_histogram(scaled),
    )


def _histogram(finite: Array) -> tuple[int, ...]:
    """Counts in bins of equal width from the least to the largest."""
    if not finite.size:
        return ()
    smallest, largest = float(finite.min()), float(finite.max())
    if smallest == largest:
        return (finite.size,)
    return tuple(np.histogram(finite, BINS, (smallest, largest))[0].tolist())
