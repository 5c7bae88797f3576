"""Advice for words that are not known and keys that are missing or misplaced: the nearest right word, or where it belongs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from netcli.config.findings import Finding
from netcli.config.lines import quoted
from netcli.config.spots import Spot, keys_of, settings_under
from netcli.settings import Family, Settings, nearest

#: What other tools call what has another name here.
SYNONYMS = {
    "batch_normalization": "batchnorm",
    "convolution": "conv",
    "fc": "dense",
    "fully_connected": "dense",
    "linear": "dense",
}


def settings_of(spot: Spot) -> str:
    """The settings that a mapping takes."""
    known = keys_of(spot)
    return f"its settings are: {', '.join(known)}" if known else "it has no settings"


def for_key(finding: Finding, data: Any, root: type[Settings]) -> str:
    """For a key that is not known where it stands: how it is written, or where it belongs."""
    key, known = str(finding.at[-1]), keys_of(finding.around)
    head, colon, _ = key.partition(":")
    if colon and head in known:
        return f'put a space after the ":" of {quoted(head)}'
    in_list = any(isinstance(part, int) for part in finding.at)
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
    return f'"{key}" is a setting of {home[-1]}: {home[-2]}: {{{home[-1]}: {{{key}: …}}}}'


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
    close = synonym if synonym in known else nearest(word, known)
    return f'did you mean "{close}"?' if close else None


def for_missing(finding: Finding, key: str) -> str | None:
    """For a key that must be there."""
    word = getattr(finding.around, "word", None)
    if word is None:
        return None
    short = f"{word}: …, or " if getattr(finding.around, "main", None) == key else ""
    return f"write {short}{word}: {{{key}: …}}"


def for_choice(finding: Finding) -> str:
    """For a word that names no member of the family."""
    word, members = str(finding.context["word"]), _members(finding.spot)
    head = re.match(r"\w*", word)
    if head and head[0] in members:
        return f"write {head[0]}: … or {head[0]}: {{KEY: …}}, with a space after each colon"
    owners = [name for name, member in members.items() if word in keys_of(member)]
    if owners:
        return f'"{word}" is a setting of {", ".join(owners)}: write {owners[0]}: {{{word}: …}}'
    return _meant(word, members) or f"known are: {', '.join(members)}"


def for_form(finding: Finding) -> str:
    """For a value that names no member, or more than one thing."""
    members, value = _members(finding.spot), finding.value
    dash = "- " if finding.at and isinstance(finding.at[-1], int) else ""
    if isinstance(value, list):
        return f'remove the brackets, or the "- " before it: a {finding.context["kind"]} is no list'
    return (isinstance(value, dict) and _mixed(members, value, dash)) or f"write {dash}NAME or {dash}NAME: {{KEY: …}}"


def _mixed(members: Mapping[str, type[Settings]], value: Mapping[str, Any], dash: str) -> str | None:
    """For a mapping of several keys where one name is meant: settings beside the name, the name as a value, several names."""
    named = [key for key in value if key in members]
    if len(named) > 1:
        return f'put "- " before each of {", ".join(named)}' if dash else f"keep one of {', '.join(named)}"
    if named:
        return f"indent the settings below the name, or write {dash}{_braces(named[0], value)}"
    as_value = [word for word in value.values() if isinstance(word, str) and word in members]
    if as_value:
        return f"the name stands before its settings: {dash}{_braces(as_value[0], value)}"
    owner = next((word for word, member in members.items() if value and set(value) <= set(keys_of(member))), None)
    return f"name what they are settings of: {dash}{_braces(owner, value)}" if owner else None


def _braces(word: str, value: Mapping[str, Any]) -> str:
    """`conv: {filters: …}` of the keys that do not say the word."""
    keys = [key for key, inner in value.items() if word not in (key, inner)]
    return f"{word}: {{{', '.join(f'{key}: …' for key in keys)}}}"


def _members(spot: Spot) -> Mapping[str, type[Settings]]:
    return spot.members if isinstance(spot, Family) else {}
