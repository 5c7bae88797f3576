"""Overrides from the command line: `train.epochs=3`, `model.layers.0.conv.filters=8`.

The value is YAML; the key leads through mappings, lists (by index, from 0) and choices. On its way it does what a person
would do in the file: it adds a mapping that is missing, turns a name (`optimizer: sgd`) or its main setting (`sgd: 0.05`)
into a mapping, and replaces a choice by the one that it names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from netcli.config.expected import Entries, Expected, keys_of, step
from netcli.config.lines import quoted
from netcli.config.located import Loc, Located, locate
from netcli.errors import ConfigError, Place, Problem, UsageError
from netcli.settings import Family, Settings


@dataclass(frozen=True)
class _Argument:
    """An override taken apart: the keys with their places, and the value with its own."""

    keys: Sequence[tuple[str, Place]]
    value: Located


def override(located: Located, arguments: Sequence[str], root: type[Settings]) -> Located:
    """The data with the arguments applied in their order; what they set has its place in the argument.

    Raises UsageError for what is not KEY=VALUE, ConfigError for an index out of range and for a value that is not YAML.
    """
    edit = _Edit(located)
    for argument in arguments:
        edit.apply(_parse(argument), root)
    return Located(edit.data, edit.keys, edit.values)


def _parse(argument: str) -> _Argument:
    key, equals, value = argument.partition("=")
    if not equals:
        raise UsageError(f"{quoted(argument)} is not an override", hint="write KEY=VALUE, as in train.epochs=3")
    words = key.split(".")
    if not all(words):
        raise UsageError(f"the override {quoted(argument)} has an empty key", hint="write KEY=VALUE, as in train.epochs=3")
    if not value.strip():
        raise UsageError(f"the override {quoted(argument)} has no value", hint=f"write {key}=null where no value is meant")
    source = f"argument {argument}"
    starts = [1 + sum(len(word) + 1 for word in words[:index]) for index in range(len(words))]
    places = [Place(source, 1, start, argument) for start in starts]
    blank = " " * (len(key) + 1)  # in place of the key, so that columns are those of the argument
    return _Argument(list(zip(words, places, strict=True)), locate(blank + value, source, shown=argument))


class _Edit:
    """Data and places while overrides are put into them."""

    def __init__(self, located: Located) -> None:
        self.data = located.data  # never changed, only replaced
        self.keys, self.values = dict(located.keys), dict(located.values)

    def apply(self, argument: _Argument, root: Expected) -> None:
        """Put the argument's value where its keys lead."""
        self.data = self._put(self.data, root, (), argument.keys, argument.value)

    def _put(self, data: Any, expected: Expected, loc: Loc, keys: Sequence[tuple[str, Place]], value: Located) -> Any:
        """`data`, which stands at `loc`, with `value` put where `keys` lead from it.

        What cannot be entered because the file is wrong there stays as it is, to be reported as the file's mistake.
        """
        if not keys:
            self._place_value(loc, value)
            return value.data
        (word, place), *rest = keys
        if data is None and isinstance(expected, Entries):
            data = []
        if isinstance(data, list) and not (isinstance(expected, type) and word in keys_of(expected)):
            expected = step(expected, main) if (main := _main(expected)) is not None else expected  # the short form
            index = _index(data, word, loc, place)
            entry = self._put(data[index], step(expected, index), (*loc, index), rest, value)
            return [*data[:index], entry, *data[index + 1 :]]
        mapping = self._mapping(data, expected, loc, word)
        if mapping is None:
            return data
        self.values.setdefault(loc, place)
        inner = (*loc, word)
        if word not in mapping or not rest:
            self.keys[inner] = place
        return {**mapping, word: self._put(mapping.get(word), step(expected, word), inner, rest, value)}

    def _mapping(self, data: Any, expected: Expected, loc: Loc, word: str) -> dict[str, Any] | None:
        """`data` as a mapping in which `word` can be set; None where a mapping is not what is wrong."""
        if isinstance(expected, Family):
            return self._choice(data, loc, word)
        if isinstance(data, dict):
            return data
        if data is None:
            return {}
        main = _main(expected)
        if main is None:
            return None
        for places in (self.values, self.keys):
            moved = {known: place for known, place in places.items() if known[: len(loc)] == loc}
            places.update({(*loc, main, *known[len(loc) :]): place for known, place in moved.items()})
        return {main: data}

    def _choice(self, data: Any, loc: Loc, word: str) -> dict[str, Any]:
        """A choice as a mapping; settings of another member than `word` are dropped."""
        if isinstance(data, dict) and word in data:
            return data
        place = self.values.get(loc)
        self._forget(loc)
        if place is not None:
            self.values[loc] = place
        if data == word and place is not None:
            self.keys[(*loc, word)] = self.values[(*loc, word)] = place
            return {word: None}
        return {}

    def _place_value(self, loc: Loc, value: Located) -> None:
        self._forget(loc)
        self.keys.update({(*loc, *inner): place for inner, place in value.keys.items()})
        self.values.update({(*loc, *inner): place for inner, place in value.values.items()})

    def _forget(self, loc: Loc) -> None:
        """Drop the places of what stands at `loc` and below; the key at `loc` stays."""
        self.values = {known: place for known, place in self.values.items() if known[: len(loc)] != loc}
        self.keys = {known: place for known, place in self.keys.items() if known[: len(loc)] != loc or known == loc}


def _main(expected: Expected) -> str | None:
    """The setting that a short form stands for."""
    return getattr(expected, "main", None) if isinstance(expected, type) else None


def _index(data: list[Any], word: str, loc: Loc, place: Place) -> int:
    """The index that `word` says. Raises ConfigError if it says none, or none of this list."""
    if word.isdecimal() and word.isascii() and len(word) < 7 and int(word) < len(data):
        return int(word)
    where = ".".join(map(str, loc))
    size = f"has {len(data)} entries, 0 to {len(data) - 1}" if data else "is empty"
    raise ConfigError([Problem(f"{quoted(word)} is not the index of an entry of {where}", place, f"{where} {size}")])
