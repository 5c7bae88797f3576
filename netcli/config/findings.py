"""pydantic's errors, each followed along the YAML to the place where it stands there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import ErrorDetails

from netcli.config.expected import Expected, keys_of, step
from netcli.config.located import Loc
from netcli.settings import Settings, nearest


@dataclass(frozen=True)
class Finding:
    """One error: `kind`, `context` and `message` are pydantic's.

    `names` leads to what it is about: the keys and indices of the full form. `at` leads as far along them as the YAML is
    written, to `value`, and passes over the setting that a short form stands for. `expected` is what may stand at the end of
    `names`, `around` the mapping or list of it. `union` leads to a value that may be of several kinds, of which this error
    is about one; elsewhere it is None.
    """

    kind: str
    context: Mapping[str, Any]
    message: str
    names: Loc
    at: Loc
    value: Any
    expected: Expected
    around: Expected
    union: Loc | None

    @property
    def key(self) -> str | None:
        """The key that the error is about, or of the list that it is in; None at the root."""
        return next((name for name in reversed(self.names) if isinstance(name, str)), None)


def findings(errors: Sequence[ErrorDetails], data: Any, root: type[Settings]) -> list[list[Finding]]:
    """The errors; together stand those of one value that may be of several kinds, and the keys that one mapping lacks."""
    every = [_follow(details, data, root) for details in errors]
    groups: dict[object, list[Finding]] = {}
    for finding in every:
        if not _misspelt(finding, every):
            groups.setdefault(_group(finding), []).append(finding)
    return [_meant(group) for group in groups.values()]


def _group(finding: Finding) -> object:
    """What findings have in common that are reported as one."""
    if finding.union is not None:
        return finding.union
    if finding.kind == "missing" and isinstance(finding.names[-1], str):
        return finding.kind, finding.names[:-1]
    return finding.kind, finding.names


def _misspelt(finding: Finding, every: Sequence[Finding]) -> bool:
    """Whether a key is missing because it is misspelt: the unknown key is reported, with this one as what it should be."""
    beside = (each for each in every if each.kind == "extra_forbidden" and each.at[:-1] == finding.at)
    known = keys_of(finding.around)
    return finding.kind == "missing" and any(nearest(str(each.at[-1]), known) == finding.key for each in beside)


def _meant(group: Sequence[Finding]) -> list[Finding]:
    """Of the errors about one value those of the kind that was meant, where one can tell: a list has a list's errors."""
    deepest = max(len(finding.at) for finding in group)
    return [finding for finding in group if len(finding.at) == deepest]


def _follow(details: ErrorDetails, data: Any, root: Expected) -> Finding:
    names: Loc = ()
    at: Loc = ()
    union: Loc | None = None
    expected, around = root, None
    written = True
    for part in details["loc"]:
        if expected is None and isinstance(part, str) and not _has(data, part):
            union = names  # the part says which of several kinds of value was tried
            continue
        if written and not _is_short(data, expected, part):
            written = _has(data, part)
            if written:
                at, data = (*at, part), data[part]
        names = (*names, part)
        expected, around = step(expected, part), expected
    context = details.get("ctx", {})
    message = str(context.get("error", details["msg"]))  # what a validator raised, without pydantic's words before it
    return Finding(details["type"], context, message, names, at, data, expected, around, union)


def _is_short(data: Any, expected: Expected, setting: str | int) -> bool:
    """Whether the data is the option's main setting itself, which a full form would have under this key."""
    short = data is not None and not isinstance(data, dict)
    return short and isinstance(expected, type) and getattr(expected, "main", None) == setting


def _has(data: Any, part: str | int) -> bool:
    if isinstance(data, dict):
        return part in data
    return isinstance(data, list) and isinstance(part, int) and part < len(data)
