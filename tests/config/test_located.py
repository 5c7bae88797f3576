"""Reading YAML into plain data with places."""

from __future__ import annotations

import math
import time
from typing import Any

import pytest

from netcli.config import located
from netcli.config.located import locate
from netcli.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("1E+2", 100.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("010", 10),
        ("0o10", 8),
        ("0x1F", 31),
        ("+7", 7),
        ("-7", -7),
        ("1_000", "1_000"),
        ("12:30", "12:30"),
        ("0b11", "0b11"),
        ("2026-11-22", "2026-11-22"),
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        (".inf", math.inf),
        ("-.INF", -math.inf),
        ("'1'", "1"),
        ('"true"', "true"),
        ("1.2.3", "1.2.3"),
    ],
)
def test_scalars_are_those_of_yaml_1_2(text: str, value: Any) -> None:
    data = locate(f"key: {text}\n", "c.yaml").data["key"]
    assert data == value
    assert type(data) is type(value)


def test_not_a_number() -> None:
    assert math.isnan(locate("key: .nan", "c.yaml").data["key"])


def test_places_of_keys_and_values() -> None:
    text = "a: 1\nb:\n  - x\n  - {c: [2,\n     3]}\n"
    read = locate(text, "c.yaml")
    assert read.data == {"a": 1, "b": ["x", {"c": [2, 3]}]}
    values = {loc: (place.line, place.column) for loc, place in read.values.items()}
    assert values == {
        (): (1, 1),
        ("a",): (1, 4),
        ("b",): (3, 3),
        ("b", 0): (3, 5),
        ("b", 1): (4, 5),
        ("b", 1, "c"): (4, 9),
        ("b", 1, "c", 0): (4, 10),
        ("b", 1, "c", 1): (5, 6),
    }
    keys = {loc: (place.line, place.column) for loc, place in read.keys.items()}
    assert keys == {("a",): (1, 1), ("b",): (2, 1), ("b", 1, "c"): (4, 6)}
    assert read.values["b", 1, "c", 1].text == "     3]}"
    assert str(read.values["b", 0]) == "c.yaml:3:5"


def test_columns_count_characters_not_bytes() -> None:
    read = locate("größe: ä\n日本: {語: 1}", "c.yaml")
    assert (read.values["größe",].line, read.values["größe",].column) == (1, 8)
    assert (read.keys["日本", "語"].line, read.keys["日本", "語"].column) == (2, 6)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(end: str) -> None:
    read = locate(f"a: 1{end}b: 2{end}", "c.yaml")
    assert read.data == {"a": 1, "b": 2}
    assert (read.keys["b",].line, read.keys["b",].text) == (2, "b: 2")


def test_a_value_that_is_not_written_stands_at_its_key() -> None:
    read = locate("a: 1\nb:\n", "c.yaml")
    assert read.data["b"] is None
    assert read.values["b",] == read.keys["b",]


def test_place_is_that_of_the_innermost_thing_that_is_written() -> None:
    read = locate("train: {optimizer: sgd}\nlist: [1, 2]\n", "c.yaml")
    assert read.place(("train", "optimizer", "sgd", "lr")) == read.keys["train", "optimizer"]
    assert read.place(("list", 1)) == read.values["list", 1]
    assert read.place(("list", 9)) == read.keys["list",]
    assert read.place(("nothing", 0)) is None


def test_aliases_are_expanded_into_data_of_their_own() -> None:
    data = locate("a: &x {b: [1]}\nc: *x\n", "c.yaml").data
    assert data == {"a": {"b": [1]}, "c": {"b": [1]}}
    assert data["a"] is not data["c"]


def test_shown_text_takes_the_place_of_the_text() -> None:
    with pytest.raises(ConfigError, match=r"argument:1:5: error(.|\n)*key=\[1"):
        locate("    [1", "argument", shown="key=[1")


def test_depth_of_one_hundred_is_read_and_one_more_is_not() -> None:
    assert locate("[" * 100 + "]" * 100, "c.yaml").data
    with pytest.raises(ConfigError, match="more than 100 deep"):
        locate("[" * 101 + "]" * 101, "c.yaml")


def test_too_many_values_are_refused_before_they_are_composed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(located, "_Walk", None)
    with pytest.raises(ConfigError, match="more than 100,000 keys and values"):
        locate("- 1\n" * 100_000, "c.yaml")


def test_a_key_that_is_quoted_is_no_merge_key() -> None:
    assert locate('"<<": 1', "c.yaml").data == {"<<": 1}


def test_a_tab_within_a_text_of_several_lines_is_not_what_is_wrong() -> None:
    with pytest.raises(ConfigError, match=r'c\.yaml:2:3: error: "\\q" is not a valid escape'):
        locate('a: "x\n\ty\\q"', "c.yaml")


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ("{a: ", "}"), ("- ", "")])
def test_two_hundred_thousand_levels_are_refused(opening: str, closing: str) -> None:
    """Composing them would overflow the stack of the C parser and end the process."""
    with pytest.raises(ConfigError, match="more than 100 deep"):
        locate(opening * 200_000 + "1" + closing * 200_000, "c.yaml")


def test_as_many_values_as_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert located.MAX_NODES == 100_000
    monkeypatch.setattr(located, "MAX_NODES", 1000)
    assert len(locate("- 1\n" * 999, "c.yaml").data) == 999
    assert len(locate("a: &a 1\nb: [" + "*a, " * 995 + "]", "c.yaml").data["b"]) == 995
    for text in ("- 1\n" * 1000, "a: &a 1\nb: [" + "*a, " * 996 + "]"):
        with pytest.raises(ConfigError, match="more than 1,000 keys and values"):
            locate(text, "c.yaml")


def test_alias_bomb_is_refused_soon() -> None:
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    start = time.perf_counter()
    with pytest.raises(ConfigError, match="counting each use of an alias"):
        locate("\n".join(lines), "c.yaml")
    assert time.perf_counter() - start < 5
