"""JSON that every reader accepts."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netcli.strict_json import dumps, strict

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def refuse(token: str) -> None:
    raise AssertionError(f"{token} is not JSON")


def with_nulls(value: Any) -> Any:
    """What the JSON must say: the value itself, but None for what is not finite."""
    if isinstance(value, dict):
        return {key: with_nulls(item) for key, item in value.items()}
    if isinstance(value, list):
        return [with_nulls(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


@given(VALUES)
def test_json_is_strict_and_says_the_value(value: Any) -> None:
    text = dumps(value)
    assert json.loads(text, parse_constant=refuse) == with_nulls(value)
    assert text.isascii()
    assert "\n" not in text


@pytest.mark.parametrize(
    ("value", "plain"),
    [(np.float32(0.5), 0.5), (np.int64(3), 3), (np.float64("nan"), None), ((1, 2), [1, 2]), ({"a": math.inf}, {"a": None})],
)
def test_strict_makes_plain_types(value: Any, plain: Any) -> None:
    assert strict(value) == plain
    assert type(strict(value)) is type(plain)


@pytest.mark.parametrize("value", [b"bytes", object(), {1: "a"}, {"a", "b"}])
def test_strict_refuses_what_json_cannot_hold(value: Any) -> None:
    with pytest.raises(TypeError):
        strict(value)


def test_indent() -> None:
    assert dumps({"a": [1, math.nan]}, indent=2) == '{\n  "a": [\n    1,\n    null\n  ]\n}'
