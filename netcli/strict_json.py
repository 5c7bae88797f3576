"""JSON that every reader accepts: JSON has no NaN and no infinity, so a number that is not finite is written as null.

What was not finite is then said in words beside it (`stopped: diverged`); a null among numbers means "not a finite
number".
"""

from __future__ import annotations

import json
import math
import numbers
from collections.abc import Mapping, Sequence
from typing import Any


def strict(value: Any) -> Any:
    """The value as plain JSON types: numpy's scalars become Python's, non-finite numbers None.

    Raises TypeError for what JSON cannot hold.
    """
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {_key(key): strict(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray, memoryview)):
        return [strict(item) for item in value]
    raise TypeError(f"JSON cannot hold a {type(value).__name__}: {value!r}")


def dumps(value: Any, *, indent: int | None = None, compact: bool = False) -> str:
    """Strict JSON, without a line break at its end; only ASCII, so that a stream of any encoding can carry it.

    `compact`: without any space, for what only programs read.
    """
    separators = (",", ":") if compact else (",", ": ") if indent else (", ", ": ")
    return json.dumps(strict(value), allow_nan=False, indent=indent, separators=separators)


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise TypeError(f"keys of JSON objects are strings, found {key!r}")
    return key
