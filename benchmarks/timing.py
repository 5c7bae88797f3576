"""How every peer times its step."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable


def timed(step: Callable[[], None], seconds: float) -> float:
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
