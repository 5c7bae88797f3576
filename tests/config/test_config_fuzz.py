"""Whatever the text: it loads, or ConfigError says what is wrong with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from netcli.config.dump import dump
from netcli.config.load import load_text
from netcli.config.located import locate
from netcli.errors import ConfigError, UsageError

GOOD = (Path(__file__).parent / "right" / "every_form.yaml").read_text(encoding="utf-8")
WORDS = GOOD.replace(",", " ").replace("{", " ").replace("}", " ").split()
PIECES = [*sorted(set(WORDS)), *":-,[]{}&*!|>'\"#%@`?~ \n\té\x85\ufeff", ": ", "- ", "<<", "---", "...", "\n  "]


def tried(text: str, overrides: list[str] | None = None) -> None:
    """Load the text; what it says when it does not must be about the text."""
    try:
        config = load_text(text, "c.yaml", Path(), overrides or []).config
    except (ConfigError, UsageError) as error:
        assert isinstance(error, ConfigError) or overrides
        for problem in error.problems:
            assert problem.message
            assert problem.place is None or (problem.place.line >= 1 and problem.place.column >= 1)
            assert str(problem).replace("\n", "").isprintable()
    else:
        assert load_text(dump(config), "d.yaml", Path()).config == config


@settings(max_examples=100, deadline=None)
@given(st.text())
def test_any_text(text: str) -> None:
    tried(text)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(PIECES)).map("".join))
def test_pieces_of_yaml(text: str) -> None:
    tried(text)


@settings(max_examples=200, deadline=None)
@given(start=st.integers(0, len(GOOD)), length=st.integers(0, 40), instead=st.lists(st.sampled_from(PIECES), max_size=3))
def test_a_good_config_with_a_stretch_replaced(start: int, length: int, instead: list[str]) -> None:
    tried(GOOD[:start] + "".join(instead) + GOOD[start + length :])


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(WORDS) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


def places(data: Any, loc: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every place below the root of the data."""
    if not isinstance(data, dict | list):
        return []
    items = list(data.items()) if isinstance(data, dict) else list(enumerate(data))
    return [place for key, inner in items for place in [(*loc, key), *places(inner, (*loc, key))]]


DATA = locate(GOOD, "good.yaml").data


@settings(max_examples=200, deadline=None)
@given(place=st.sampled_from(places(DATA)), value=VALUES)
def test_a_good_config_with_a_value_replaced(place: tuple[str | int, ...], value: Any) -> None:
    data = json.loads(json.dumps(DATA))
    inner = data
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    text = json.dumps(data).replace("Infinity", ".inf").replace("NaN", ".nan")
    tried(text)


@settings(max_examples=200, deadline=None)
@given(place=st.sampled_from(places(DATA)), more=st.lists(st.sampled_from(WORDS), max_size=2), value=VALUES | st.text())
def test_overrides(place: tuple[str | int, ...], more: list[str], value: Any) -> None:
    key = ".".join(map(str, [*place, *more]))
    tried(GOOD, [f"{key}={value if isinstance(value, str) else json.dumps(value)}"])


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=30))
def test_any_override(argument: str) -> None:
    tried(GOOD, [argument])
