"""How every peer times its step, and what it prints."""

from __future__ import annotations

import json
import resource
import statistics
import sys
import time
from collections.abc import Callable


def timed(step: Callable[[], object], seconds: float) -> float:
    """Median milliseconds of a call, over so many seconds, after three calls to warm up."""
    for _ in range(3):
        step()
    times: list[float] = []
    start = time.perf_counter()
    while time.perf_counter() - start < seconds or len(times) < 5:
        begin = time.perf_counter()
        step()
        times.append(time.perf_counter() - begin)
    return statistics.median(times) * 1e3


def together(step: Callable[[], object], most: int = 16) -> int:
    """How many steps one call may run: `most`, fewer where they would take more than a quarter of a second."""
    step()
    begin = time.perf_counter()
    step()
    return max(1, min(most, int(0.25 / (time.perf_counter() - begin))))


def report(milliseconds: float, version: str, **more: float) -> None:
    """Print what `peers.py` reads: milliseconds a step, the peak memory of this process in MiB, name and version."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    print(json.dumps({"ms": milliseconds, "peak_mib": peak, "version": version, **more}))
