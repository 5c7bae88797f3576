"""Whole numbers computed in the bodies of blocks: against Python's own arithmetic, and what is no expression."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netcli.config.expressions import ExpressionError, expression

NAMES = {"a": 3, "long_name": 7, "c": -2}

leaves = st.sampled_from([*NAMES, "0", "1", "12"])
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "//"]), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        st.tuples(inner, st.sampled_from(["+", "-", "*", "//"]), inner).map(lambda t: f"{t[0]}{t[1]} {t[2]}"),
        inner.map(lambda t: f"-{t}"),
    ),
    max_leaves=8,
)


@given(trees)
def test_the_value_is_pythons(text: str) -> None:
    found = expression(f"$({text})")
    assert found is not None
    try:
        expected = eval(text, {}, dict(NAMES))
    except ZeroDivisionError:
        with pytest.raises(ExpressionError, match="divides by 0"):
            found.value(NAMES)
        return
    assert found.value(NAMES) == expected


@given(st.text(alphabet="ab1+-*/() $%", max_size=12))
def test_any_text_is_an_expression_or_refused_in_words(text: str) -> None:
    try:
        found = expression(f"$({text})")
    except ExpressionError as error:
        assert error.hint
        return
    assert found is not None
    assert set(found.names) <= set(re.findall(r"[ab]\w*", text))


def test_a_name_stands_for_any_value() -> None:
    for value in (3, 0.5, True, "same", [1, 2], None):
        found = expression("$padding")
        assert found is not None
        assert found.value({"padding": value}) == value


@pytest.mark.parametrize("text", ["plain", "", "3", "a + b"])
def test_a_text_without_a_dollar_is_a_text(text: str) -> None:
    assert expression(text) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a$b", '"a$b" is no value'),
        ("$1", '"$1" is no value'),
        ("${a}", '"${a}" is no value'),
        ("$a + 1", '"$a + 1" is no value'),
        ("$()", "something is missing at the end in $()"),
        ("$(a +)", "something is missing at the end in $(a +)"),
        ("$(a b)", '"b" is out of place in $(a b)'),
        ("$((a)", 'a ")" is missing in $((a)'),
        ("$(a / 2)", '"/" cannot stand in $(a / 2)'),
        ("$(2.5 * a)", '"." cannot stand in $(2.5 * a)'),
        ("$(__import__('os'))", "\"'\" cannot stand in $(__import__('os'))"),
    ],
)
def test_refused(text: str, message: str) -> None:
    with pytest.raises(ExpressionError, match=re.escape(message)):
        expression(text)


@pytest.mark.parametrize(("value", "shown"), [(0.5, "0.5"), (True, "True"), ("x", "'x'")])
def test_only_whole_numbers_are_computed_with(value: object, shown: str) -> None:
    found = expression("$(2 * a)")
    assert found is not None
    with pytest.raises(ExpressionError, match=re.escape(f"a is {shown} in $(2 * a)")):
        found.value({"a": value})


def test_numbers_do_not_grow_without_end() -> None:
    with pytest.raises(ExpressionError, match="more than 15 digits"):
        expression(f"$({' * '.join(['99999999'] * 9)})")
    found = expression("$(a * a * a * a)")
    assert found is not None
    with pytest.raises(ExpressionError, match="more than 15 digits"):
        found.value({"a": 10**9})


@pytest.mark.parametrize("text", ["(" * 5000, "-" * 5000, "1 + " * 5000])
def test_long_ones_are_refused(text: str) -> None:
    with pytest.raises(ExpressionError, match="at most 200 characters, found 5"):
        expression(f"$({text[:5000]}")
