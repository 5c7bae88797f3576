"""A YAML text as plain data, with the place of every key and value.

YAML 1.2 core scalars (`1e-3` is a number, `no` is a word), one document, string keys that occur once, no tags, no
merge keys. Hostile texts are refused before they cost anything: nesting is capped (the C parser would overflow its
stack while composing), and so is the number of values that aliases expand to.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml
import yamlcore  # type: ignore[import-untyped]

from netcli.config.lines import LINE_BREAK, Lines, quoted
from netcli.config.syntax import explain
from netcli.errors import ConfigError, Place, Problem

#: How deep mappings and lists may nest.
MAX_DEPTH = 100
#: What the C parser says of brackets nested deeper than its own limit, which it looks at before it tells of the first one.
_NESTING = "exceeded maximum nesting depth"
#: How many keys and values a text may hold, aliases expanded.
MAX_NODES = 100_000

#: The keys and list indices that lead to a value: `("model", "layers", 0)`.
Loc = tuple[str | int, ...]

_REFUSED = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Located:
    """Plain data; `keys` says where keys of mappings stand, `values` where values begin (the root's is at `()`)."""

    data: Any
    keys: Mapping[Loc, Place]
    values: Mapping[Loc, Place]

    def at(self, loc: Sequence[str | int]) -> Any:
        """The data at `loc`, which is written."""
        data = self.data
        for key in loc:
            data = data[key]
        return data

    def place(self, loc: Sequence[str | int]) -> Place | None:
        """Where `loc` stands, or else the innermost thing around it that is written; None if nothing is.

        A thing stands where its key does; in a list, where its value does.
        """
        for length in range(len(loc), 0, -1):
            known = tuple(loc[:length])
            if known in self.values:
                return self.keys.get(known, self.values[known])
        return None


def locate(text: str, source: str, shown: str | None = None) -> Located:
    """Read the YAML in `text`; `source` names it in errors, `shown` is what errors show in its stead, line by line.

    An empty text is None. Raises ConfigError: the first mistake of syntax, or all mistakes of structure.
    """
    lines = Lines.of(source, text if shown is None else shown)
    _refuse_characters(text, lines)
    loader = yamlcore.CCoreLoader(text)
    try:
        _scan(text, lines)
        root = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        if error.problem == _NESTING and error.problem_mark:
            raise ConfigError([_too_deep(_place(lines, error.problem_mark))]) from None
        raise ConfigError([explain(error, lines)]) from None
    if root is None:
        return Located(None, {}, {(): lines.place(0, 0)})
    walk = _Walk(loader, lines)
    data = walk.value(root, (), lines.place(0, 0))
    if walk.problems:
        raise ConfigError(list(walk.problems))
    return Located(data, walk.keys, walk.values)


def _refuse_characters(text: str, lines: Lines) -> None:
    """Refuse control characters, which the C parser would report by their byte."""
    refused = _REFUSED.search(text)
    if refused:
        before = LINE_BREAK.split(text[: refused.start()])
        place = lines.place(len(before) - 1, len(before[-1]))
        hint = "delete it; within double quotes it can be written as an escape"
        raise ConfigError([Problem(f"the character U+{ord(refused[0]):04X} cannot stand in YAML", place, hint)])


def _scan(text: str, lines: Lines) -> None:
    """Look through the stream of events, which takes no stack, for what must not be composed."""
    tags: list[Problem] = []
    depth = documents = nodes = 0
    for event in yaml.parse(text, Loader=yamlcore.CCoreLoader):
        place = _place(lines, event.start_mark)
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        documents += isinstance(event, yaml.DocumentStartEvent)
        nodes += isinstance(event, yaml.NodeEvent)
        if depth > MAX_DEPTH:
            raise ConfigError([_too_deep(place)])
        if nodes > MAX_NODES:
            raise ConfigError([_too_many(place)])
        if documents > 1:
            raise ConfigError([Problem("a second document begins here", place, "a file holds one config; remove the ---")])
        tag = getattr(event, "tag", None)
        if tag is not None:
            name = quoted(tag.replace("tag:yaml.org,2002:", "!!"))
            hint = "remove the tag; a text that begins with ! needs quotes"
            tags.append(Problem(f"the tag {name} is not supported", place, hint))
    if tags:
        raise ConfigError(tags)


def _place(lines: Lines, mark: Any) -> Place:
    """The place of a mark of the parser."""
    return lines.place(mark.line, mark.column)


def _too_deep(place: Place) -> Problem:
    return Problem(f"mappings and lists are nested more than {MAX_DEPTH} deep", place)


def _too_many(place: Place) -> Problem:
    return Problem(f"the config has more than {MAX_NODES:,} keys and values, counting each use of an alias", place)


class _Walk:
    """Makes plain data of composed nodes and notes where each key and value stands."""

    def __init__(self, loader: Any, lines: Lines) -> None:
        self.loader, self.lines = loader, lines
        self.keys: dict[Loc, Place] = {}
        self.values: dict[Loc, Place] = {}
        self.problems: dict[Problem, None] = {}  # a set in order: an alias repeats the mistakes of what it stands for
        self.nodes = 0
        self.around: list[yaml.Node] = []

    def value(self, node: yaml.Node, loc: Loc, key: Place) -> Any:
        """The data of `node`, which stands at `loc`, under the key at `key`."""
        place = self._place(node)
        self.values[loc] = key if _is_absent(node) else place
        self._count(node, place)
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, place)
        self.around.append(node)
        data = self._mapping(node, loc) if isinstance(node, yaml.MappingNode) else self._list(node, loc)
        self.around.pop()
        return data

    def _count(self, node: yaml.Node, place: Place) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise ConfigError([_too_many(place)])
        if len(self.around) >= MAX_DEPTH:
            raise ConfigError([_too_deep(place)])
        if any(node is other for other in self.around):
            raise ConfigError([Problem("an alias stands inside the value that it repeats", place, "write the value out")])

    def _place(self, node: yaml.Node) -> Place:
        return _place(self.lines, node.start_mark)

    def _scalar(self, node: yaml.ScalarNode, place: Place) -> Any:
        try:
            return self.loader.construct_object(node)
        except ValueError:  # Python reads no integers of thousands of digits
            self.problems[Problem(f"the number {quoted(node.value)} is too long", place)] = None
            return None

    def _list(self, node: yaml.Node, loc: Loc) -> list[Any]:
        return [self.value(entry, (*loc, index), self._place(entry)) for index, entry in enumerate(node.value)]

    def _mapping(self, node: yaml.Node, loc: Loc) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key_node, value_node in node.value:
            place = self._place(key_node)
            self._count(key_node, place)
            key = self._key(key_node, place)
            if key is None:
                continue
            if key in data:
                first = self.keys[(*loc, key)].line
                hint = f'it stands on line {first} already; keep one, or put "- " before each to make a list'
                self.problems[Problem(f"the key {quoted(key)} stands twice in one mapping", place, hint)] = None
                continue
            self.keys[(*loc, key)] = place
            data[key] = self.value(value_node, (*loc, key), place)
        return data

    def _key(self, node: yaml.Node, place: Place) -> str | None:
        """The key as text; None, with a problem noted, if it is not a text."""
        if not isinstance(node, yaml.ScalarNode):
            hint = "a value in braces or brackets has its key before it: key: {a: 1}"
            self.problems[Problem("a mapping or a list cannot be a key", place, hint)] = None
            return None
        if node.value == "<<" and not node.style:
            hint = "write the settings out; *name repeats a whole value, as in optimizer: *name"
            self.problems[Problem('merge keys ("<<") are not supported', place, hint)] = None
            return None
        key = self._scalar(node, place)
        if not isinstance(key, str):
            hint = f'a key is a word; if this one is meant, put it in quotes: "{node.value}"'
            self.problems[Problem(f"the key {quoted(node.value)} is not a text", place, hint)] = None
            return None
        return key


def _is_absent(node: yaml.Node) -> bool:
    """Whether nothing is written where the value could be, as in `key:`."""
    return isinstance(node, yaml.ScalarNode) and not node.value and not node.style
