"""What may stand at a place of the config: the models seen as a tree that is walked along with the YAML.

Config ── "model" ──▶ ModelSettings ── "layers" ──▶ Entries ── 0 ──▶ Family ── "conv" ──▶ Conv ── "filters" ──▶ None
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints

from netcli.settings import Choice, Family, Settings


@dataclass(frozen=True)
class Entries:
    """A list, and what each entry of it may be."""

    entry: Expected


@dataclass(frozen=True)
class Named:
    """A mapping with names of the person's own, and what may stand under each."""

    entry: Expected


#: A mapping of settings, a choice of one member of a family, a list, a mapping of names, or (None) a plain value.
Expected = type[Settings] | Family[Any] | Entries | Named | None


def step(expected: Expected, key: str | int) -> Expected:
    """What may stand under `key` of `expected`."""
    match expected:
        case Family():
            return expected.members.get(str(key))
        case Entries() | Named():
            return expected.entry
        case type():
            return _fields(expected).get(str(key))
    return None


def walk(root: Expected, loc: Iterable[str | int]) -> Expected:
    """What may stand at `loc` below `root`."""
    for key in loc:
        root = step(root, key)
    return root


def keys_of(expected: Expected) -> list[str]:
    """The keys of a mapping of settings, in the order of its model; nothing else has known keys."""
    return list(_fields(expected)) if isinstance(expected, type) else []


def settings_under(root: type[Settings]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every setting of `root` and below, as the keys that lead to it and its name; not what stands within lists."""
    for name, expected in _fields(root).items():
        yield (), name
        members = expected.members if isinstance(expected, Family) else {}
        for word, member in members.items():
            yield from (((name, word, *path), key) for path, key in settings_under(member))
        if isinstance(expected, type):
            yield from (((name, *path), key) for path, key in settings_under(expected))


@cache
def _fields(settings: type[Settings]) -> dict[str, Expected]:
    hints = get_type_hints(settings, include_extras=True)
    return {name: _expected(hints[name]) for name in settings.model_fields}


def _expected(hint: Any) -> Expected:
    """The first mapping, family or list that an annotation speaks of."""
    if inspect.isclass(hint) and issubclass(hint, Settings):
        return hint
    for note in getattr(hint, "__metadata__", ()):
        if isinstance(note, Choice):
            return note.family
    inner = [_expected(part) for part in get_args(hint) if not isinstance(part, str)]
    found = next((expected for expected in inner if expected is not None), None)
    if found is None:
        return None
    return Entries(found) if get_origin(hint) is list else Named(found) if get_origin(hint) is dict else found
