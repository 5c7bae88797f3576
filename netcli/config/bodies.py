"""The body of a block: its layers as they are written, and as they are for the settings that it is used with."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import PrivateAttr, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from netcli.config.expected import Entries, Expected, step
from netcli.config.expressions import ExpressionError, expression
from netcli.config.layers import written_at
from netcli.config.located import Loc, Located
from netcli.config.model import Config
from netcli.config.problems import problems_in
from netcli.errors import Problem
from netcli.graph import Node
from netcli.layers.layer import LAYERS, Layer, Stack, Unresolved
from netcli.layers.placing import StackError, Written
from netcli.settings import nearest

#: In place of a setting's default: it must be given.
REQUIRED = "required"
#: What comes into the present layer, in the body of any block.
CHANNELS = "channels"

_STACK: TypeAdapter[list[Layer]] = TypeAdapter(Stack)


class _Unknown:
    """Stands for a value of which nothing is known yet."""


_UNKNOWN = _Unknown()


class _Pending(Unresolved):
    """A layer that depends on its channels."""

    word = "pending"

    _kind: type[Layer] = PrivateAttr()
    _make: Callable[[int], Layer] = PrivateAttr()
    _written: Written = PrivateAttr()
    _made: dict[int, Layer] = PrivateAttr(default_factory=dict)

    @classmethod
    def of(cls, kind: type[Layer], name: str | None, written: Written, make: Callable[[int], Layer]) -> _Pending:
        """A layer of this kind, which `make` makes for so many channels."""
        pending = cls(name=name)
        pending._kind, pending._written, pending._make = kind, written, make
        return pending

    @property
    def kind(self) -> type[Layer]:
        """What it will be."""
        return self._kind

    def resolve(self, x: Node) -> Layer:
        """The layer for the channels of x: the first axis of an example."""
        if not x.shape:
            raise StackError(f"${CHANNELS} has no value behind a layer that gives one number", self._written, None, None)
        if x.shape[0] not in self._made:
            self._made[x.shape[0]] = self._make(x.shape[0])
        return self._made[x.shape[0]]

    def build(self, building: Any, x: Node) -> Node:
        """Never: it is resolved first."""
        raise AssertionError("a pending layer is resolved before it is built")


@dataclass(eq=False)
class Body:
    """The body of a block that is written at `loc`; `settings` are the defaults of its settings.

    Where each layer of it is written is put into `written`, by its identity, as it is made.
    """

    loc: Loc
    settings: Mapping[str, Any]
    located: Located
    written: dict[int, Written]
    words: Mapping[str, type[Layer]] = field(default_factory=dict)
    """The layer types beside netcli's own: those of plugins, and all blocks of the config."""
    _made: dict[str, list[Layer]] = field(default_factory=dict)

    @property
    def data(self) -> list[Any]:
        """The layers, as they are written."""
        return list(self.located.at((*self.loc, "layers")))

    def check(self) -> list[Problem]:
        """What is wrong with it, whatever it is used with; a default stands in for a setting that has one."""
        known = {name: _UNKNOWN if default == REQUIRED else default for name, default in self.settings.items()}
        wrong: list[Problem] = []
        where = (*self.loc, "layers")
        stood_in = self._filled(self.data, where, {**known, CHANNELS: _UNKNOWN}, wrong)
        with self._words_known():
            try:
                _STACK.validate_python(stood_in)
            except ValidationError as error:
                wrong += self._problems(error, where, stood_in)
        return sorted(wrong, key=lambda problem: (problem.place.line, problem.place.column) if problem.place else (0, 0))

    def uses(self, words: Collection[str]) -> Iterator[tuple[str, Loc]]:
        """Which of these words it is made with, and where."""
        yield from _used(self.data, (*self.loc, "layers"), words)

    def layers(self, given: Mapping[str, Any]) -> list[Layer]:
        """Its layers for these settings, the same objects for the same ones. Raises StackError for a value that is wrong."""
        key = repr(sorted(given.items()))
        if key not in self._made:
            with self._words_known():
                entries = enumerate(self.data)
                self._made[key] = [self._layer(entry, (*self.loc, "layers", index), given) for index, entry in entries]
        return self._made[key]

    def _layer(self, entry: Any, loc: Loc, known: Mapping[str, Any]) -> Layer:
        """The layer that is written at `loc`, for the settings that are known, and the channels where it is built."""
        word = entry if isinstance(entry, str) else str(next(iter(entry)))
        kind, written = LAYERS.members[word], written_at(loc, self.located)
        settings = None if isinstance(entry, str) else self._inner(entry[word], kind, (*loc, word), known)
        if CHANNELS not in known and CHANNELS in set(_names(settings)):
            name = settings.get("name") if isinstance(settings, dict) else None
            return _Pending.of(kind, name, written, lambda channels: self._resolved(entry, loc, known, channels))
        wrong: list[Problem] = []
        filled = self._filled(settings, (*loc, word), known, wrong)
        if not wrong:
            made = word if isinstance(entry, str) else {word: filled}
            try:
                (layer,) = _STACK.validate_python([made])
            except ValidationError as error:
                wrong = self._problems(error, loc[:-1], made, loc[-1])
            else:
                self.written[id(layer)] = written
                return layer
        raise StackError(wrong[0].message, written, None, wrong[0].hint, wrong[0].place)

    def _resolved(self, entry: Any, loc: Loc, known: Mapping[str, Any], channels: int) -> Layer:
        with self._words_known():
            return self._layer(entry, loc, {**known, CHANNELS: channels})

    def _inner(self, data: Any, expected: Expected, loc: Loc, known: Mapping[str, Any]) -> Any:
        """Settings with the layers in them made, each for the channels that come into itself."""
        if isinstance(expected, type) and not isinstance(data, dict):
            return self._inner(data, step(expected, getattr(expected, "main", None) or ""), loc, known)  # the short form
        if isinstance(data, dict):
            return {key: self._inner(value, step(expected, key), (*loc, key), known) for key, value in data.items()}
        if not isinstance(data, list) or not isinstance(expected, Entries):
            return data
        if expected.entry is LAYERS:
            settings = {name: value for name, value in known.items() if name != CHANNELS}
            return [self._layer(each, (*loc, index), settings) for index, each in enumerate(data)]
        return [self._inner(each, expected.entry, (*loc, index), known) for index, each in enumerate(data)]

    def _filled(self, data: Any, loc: Loc, known: Mapping[str, Any], wrong: list[Problem]) -> Any:
        """The data with values in place of expressions; what has none is noted in `wrong`."""
        if isinstance(data, dict):
            return {key: self._filled(value, (*loc, key), known, wrong) for key, value in data.items()}
        if isinstance(data, list):
            return [self._filled(value, (*loc, index), known, wrong) for index, value in enumerate(data)]
        if not isinstance(data, str):
            return data
        try:
            return _value(data, known)
        except ExpressionError as error:
            wrong.append(Problem(str(error), self.located.values.get(loc) or self.located.place(loc), error.hint))
            return _UNKNOWN

    def _problems(self, error: ValidationError, where: Loc, read: Any, first: str | int | None = None) -> list[Problem]:
        """What the models found in the layers at `where`, or in the one entry `first` of them, which were read as `read`."""
        details = [
            ErrorDetails(**{**each, "loc": (*where, *(each["loc"] if first is None else (first, *each["loc"][1:])))})
            for each in error.errors(include_url=False)
            if not isinstance(each["input"], _Unknown)
        ]
        at = where if first is None else (*where, first)
        return problems_in(details, replace(self.located, data=_put(self.located.data, at, read)), Config)

    @contextmanager
    def _words_known(self) -> Iterator[None]:
        """Within: the words are those of this config, whichever was read last."""
        before, LAYERS.added = LAYERS.added, self.words
        try:
            yield
        finally:
            LAYERS.added = before


def _put(data: Any, loc: Loc, value: Any) -> Any:
    """The data with another value at `loc`; layers in that stay as they are written."""
    if not loc:
        return value if not isinstance(value, Layer | _Unknown) else data
    inner = _put(data[loc[0]], loc[1:], value)
    if isinstance(data, list):
        return [*data[: int(loc[0])], inner, *data[int(loc[0]) + 1 :]]
    return {**data, loc[0]: inner}


def _value(text: str, known: Mapping[str, Any]) -> Any:
    """What a text stands for. Raises ExpressionError."""
    found = expression(text)
    if found is None:
        return text
    for name in found.names:
        if name not in known:
            close = nearest(name, known)
            there = ", ".join(f"${each}" for each in known)
            hint = f'did you mean "${close}"?' if close else f"there are: {there}"
            raise ExpressionError(f"${name} is no setting of the block", hint)
    if any(isinstance(known[name], _Unknown) for name in found.names):
        return _UNKNOWN
    return found.value(known)


def _names(data: Any) -> Iterator[str]:
    """The names in the expressions of settings; those of layers among them are their own affair."""
    if isinstance(data, dict):
        for value in data.values():
            yield from _names(value)
    elif isinstance(data, list):
        for value in data:
            yield from _names(value)
    elif isinstance(data, str) and (found := expression(data)) is not None:
        yield from found.names


def _used(data: Any, loc: Loc, words: Collection[str]) -> Iterator[tuple[str, Loc]]:
    """The words among these by which an entry of any list is called."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield from _used(value, (*loc, key), words)
    elif isinstance(data, list):
        for index, entry in enumerate(data):
            word = entry if isinstance(entry, str) else next(iter(entry), None) if isinstance(entry, dict) else None
            if word in words:
                yield str(word), (*loc, index)
            yield from _used(entry, (*loc, index), words)
