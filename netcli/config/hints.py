"""Advice for words that are not known and keys that are missing or misplaced: the nearest right word, or where it belongs."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from netcli.config.expected import Expected, keys_of, settings_under
from netcli.config.findings import Finding
from netcli.config.lines import quoted
from netcli.settings import Family, Option, Settings, nearest

#: What other tools call what has another name here.
SYNONYMS = {
    "batch_normalization": "batchnorm",
    "convolution": "conv",
    "fc": "dense",
    "fully_connected": "dense",
    "linear": "dense",
    "random_crop": "random_shift",
    "random_horizontal_flip": "random_flip",
    "random_translation": "random_shift",
    "random_vertical_flip": "random_flip",
    "relu6": "relu: 6",
}


_ANY = "NAME"  # stands in advice for a name that the person has to choose


def settings_of(expected: Expected) -> str:
    """The settings that a mapping takes."""
    known = keys_of(expected)
    return f"its settings are: {', '.join(known)}" if known else "it has no settings"


def for_key(finding: Finding, data: Any, root: type[Settings]) -> str:
    """For a key that is not known where it stands: how it is written, or where it belongs."""
    key, known = str(finding.at[-1]), keys_of(finding.around)
    head, colon, _ = key.partition(":")
    if colon and head in known:
        return f'put a space after the ":" of {quoted(head)}'
    replaced = getattr(finding.around, "replaced", {})
    if key in replaced:
        return str(replaced[key])
    in_list = any(isinstance(name, int) for name in finding.names)
    home = None if in_list else _home(key, data, root)
    return home or _meant(key, known) or settings_of(finding.around)


def _home(key: str, data: Any, root: type[Settings]) -> str | None:
    """Where in the config a setting of this name stands: as near the top as can be, in a choice that the file makes."""
    homes = [path for path, name in settings_under(root) if name == key]
    if not homes:
        return None
    home = min(homes, key=lambda path: (len(path), not _written(data, path)))
    if not home:
        return f'"{key}" belongs at the top of the config'
    if len(home) == 1:
        return f'"{key}" belongs in "{home[0]}"'
    word = home[-1] if _written(data, home) else _ANY
    return f'"{key}" belongs in "{home[-2]}": write {home[-2]}: {{{_braces(word, [key])}}}'


def _written(data: Any, path: Sequence[str]) -> bool:
    """Whether the file says anything at `path`."""
    for key in path:
        if data == key:  # a choice by its name alone
            return True
        if not isinstance(data, dict) or key not in data:
            return False
        data = data[key]
    return True


def _meant(word: str, known: Iterable[str]) -> str | None:
    known = list(known)
    synonym = SYNONYMS.get(word.lower())
    close = synonym if (synonym or "").partition(":")[0] in known else nearest(word, known)
    return f'did you mean "{close}"?' if close else None


def for_missing(expected: Expected) -> str | None:
    """For keys that must be there: the mapping with all of them."""
    if not isinstance(expected, type) or not issubclass(expected, Option):
        return None
    required = [name for name, field in expected.model_fields.items() if field.is_required()]
    short = f"{expected.word}: …, or " if required == [expected.main] else ""
    return f"write {short}{_braces(expected.word, required)}"


def for_choice(finding: Finding) -> str:
    """For a word that names no member of the family."""
    word, members = str(finding.context["word"]), _members(finding.expected)
    head = re.match(r"\w*", word)
    if head and head[0] in members:
        return f"write {head[0]}: … or {head[0]}: {{KEY: …}}, with a space after each colon"
    owners = [name for name, member in members.items() if word in keys_of(member)]
    if owners:
        return f'"{word}" is a setting of {", ".join(owners)}: write {_braces(_ANY, [word])}'
    return _meant(word, members) or textwrap.fill(f"known are: {', '.join(members)}", 100)


def for_form(finding: Finding) -> str:
    """For a value that names no member, or more than one thing."""
    members, value = _members(finding.expected), finding.value
    dash = "- " if isinstance(finding.names[-1], int) else ""
    if isinstance(value, list):
        return 'remove the brackets, or the "- " before it: a single name is meant'
    return (isinstance(value, dict) and _mixed(members, value, dash)) or f"write {dash}NAME or {dash}NAME: {{KEY: …}}"


def _mixed(members: Mapping[str, type[Settings]], value: Mapping[str, Any], dash: str) -> str | None:
    """For a mapping of several keys where one name is meant: settings beside the name, the name as a value, several names."""
    named = [key for key in value if key in members]
    if len(named) > 1:
        return f'put "- " before each of {", ".join(named)}' if dash else f"keep one of {', '.join(named)}"
    if named:
        return (
            f"indent the settings below the name, or write {dash}{_braces(named[0], [key for key in value if key != named[0]])}"
        )
    saying = {key: word for key, word in value.items() if isinstance(word, str) and word in members}
    if saying:
        word = next(iter(saying.values()))
        return f"the name stands before its settings: {dash}{_braces(word, [key for key in value if key not in saying])}"
    owners = [word for word, member in members.items() if value and set(value) <= set(keys_of(member))]
    if len(owners) == 1:
        return f"these are settings of {owners[0]}: {dash}{_braces(owners[0], value)}"
    return f"name one of {', '.join(owners)}: {dash}{_braces(_ANY, value)}" if owners else None


def _braces(word: str, keys: Iterable[str]) -> str:
    """`conv: {filters: …}`, or the word alone where there are no keys."""
    inner = ", ".join(f"{key}: …" for key in keys)
    return f"{word}: {{{inner}}}" if inner else word


def _members(expected: Expected) -> Mapping[str, type[Settings]]:
    return expected.members if isinstance(expected, Family) else {}
