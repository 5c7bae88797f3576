"""Numbers as a person reads them. Every function takes any number, NaN and infinities too, and returns a short text."""

from __future__ import annotations

import math
from collections.abc import Sequence

_DECIMAL = ("", "k", "M", "G", "T", "P", "E")
_BINARY = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")


def count(n: int) -> str:
    """A count in full: 1,234,567."""
    return f"{n:,}"


def flops(n: float) -> str:
    """Floating point operations in three digits: 850 FLOP, 12.3 MFLOP."""
    if not math.isfinite(n):
        return _not_finite(n)
    value, prefix = _scaled(n, 1000, _DECIMAL)
    return f"{value} {prefix}FLOP"


def size(n: float) -> str:
    """Bytes in three digits, in powers of 1024: 512 B, 1.50 KiB, 23.4 MiB."""
    if not math.isfinite(n):
        return _not_finite(n)
    value, unit = _scaled(n, 1024, _BINARY)
    return f"{value} {unit}"


def _scaled(n: float, base: int, units: Sequence[str]) -> tuple[str, str]:
    """n in three digits of the largest unit that leaves at least 1 of it; whole numbers of the smallest unit."""
    power = 0
    while power + 1 < len(units) and abs(n) >= base ** (power + 1) * 0.9995:
        power += 1
    value = n / base**power
    if power == 0:
        return f"{value:.0f}", units[0]
    digits = 0 if abs(value) >= 99.95 else 1 if abs(value) >= 9.995 else 2
    return f"{value:.{digits}f}", units[power]


def seconds(s: float) -> str:
    """A duration, in at most six characters up to a hundred hours: 85 ms, 12.3 s, 2m 05s, 1h 02m, 3d 04h."""
    if not math.isfinite(s):
        return _not_finite(s)
    if s < 0.9995:
        return f"{s * 1000:.0f} ms"
    if s < 59.95:
        return f"{s:.1f} s"
    whole = round(s)
    if whole < 3600:
        return f"{whole // 60}m {whole % 60:02d}s"
    minutes = round(s / 60)
    if minutes < 24 * 60:
        return f"{minutes // 60}h {minutes % 60:02d}m"
    hours = round(s / 3600)
    return f"{hours // 24}d {hours % 24:02d}h"


def countdown(s: float) -> str:
    """Seconds to go, in whole ones, since more would flicker: 5 s, 2m 05s."""
    return f"{math.ceil(s)} s" if s < 59 else seconds(s)


def rate(per_second: float) -> str:
    """Examples a second: 12,345/s; with a digit behind the point below 100."""
    if not math.isfinite(per_second):
        return _not_finite(per_second) + "/s"
    return f"{per_second:,.0f}/s" if per_second >= 99.95 else f"{per_second:.1f}/s"


def significant(x: float) -> str:
    """A loss or a norm in four significant digits: 0.1234, 12.34, 1.234e-05."""
    if not math.isfinite(x):
        return _not_finite(x)
    if x == 0:
        return "0"
    exponent = int(f"{x:.3e}".split("e")[1])
    if not -4 < exponent < 6:
        return f"{x:.3e}"
    return f"{x:.{max(3 - exponent, 0)}f}"


def scientific(x: float) -> str:
    """A number of any size in two digits and its power of ten, so that columns of them can be compared: 1.2e-03."""
    if not math.isfinite(x):
        return _not_finite(x)
    return "0" if x == 0 else f"{x:.1e}"


def percent(share: float, digits: int = 2) -> str:
    """A share of one as a percentage: 98.33 %."""
    return f"{100 * share:.{digits}f} %" if math.isfinite(share) else _not_finite(share)


def whole_percent(share: float) -> str:
    """A share in whole percent, where only nothing is 0 % and only all is 100 %."""
    if not math.isfinite(share):
        return _not_finite(share)
    if 0 < share < 0.01:
        return "<1 %"
    return "99 %" if 0.99 < share < 1 else f"{100 * share:.0f} %"


def metric(name: str, value: float) -> str:
    """A loss or metric by its name: shares of right answers as percentages, everything else in four digits."""
    return percent(value) if name.endswith("accuracy") else significant(value)


def learning_rate(x: float) -> str:
    """A learning rate in three significant digits: 0.05, 0.000123, 1e-05."""
    return f"{x:.3g}" if math.isfinite(x) else _not_finite(x)


def shape(dimensions: Sequence[int], *, varying: bool = False) -> str:
    """A shape: 16×8×8; a scalar is "scalar". With the batch in front if it is varying: n×16×8×8."""
    if varying:
        return "×".join(map(str, ("n", *dimensions)))
    return "×".join(map(str, dimensions)) if dimensions else "scalar"


def _not_finite(x: float) -> str:
    return "NaN" if math.isnan(x) else "inf" if x > 0 else "-inf"
