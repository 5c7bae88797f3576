"""pydantic's errors, each followed along the YAML to the place where it stands there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from netcli.config.located import Loc
from netcli.config.spots import Spot, step
from netcli.settings import Settings


@dataclass(frozen=True)
class Finding:
    """One error: `kind`, `context` and `message` are pydantic's.

    `at` leads as far as something is written, to `value`; `beyond` leads on from there: to a key that is missing, or to
    the setting that a short form stands for. `spot` is what may stand at the end of both, `around` the mapping of it.
    `union` leads to a value that may be of several kinds, of which this error is about one; elsewhere it is None.
    """

    kind: str
    context: Mapping[str, Any]
    message: str
    at: Loc
    beyond: Loc
    value: Any
    spot: Spot
    around: Spot
    union: Loc | None

    @property
    def key(self) -> str | None:
        """The key that the error is about, or whose value or list it is about; None at the root."""
        return next((key for key in reversed(self.at + self.beyond) if isinstance(key, str)), None)


def findings(error: ValidationError, data: Any, root: type[Settings]) -> list[list[Finding]]:
    """The errors; those of one value stand together, where it may be of several kinds and is of none of them."""
    groups: dict[Loc | int, list[Finding]] = {}
    for number, details in enumerate(error.errors(include_url=False)):
        finding = _follow(details, data, root)
        groups.setdefault(number if finding.union is None else finding.union, []).append(finding)
    return [_meant(group) for group in groups.values()]


def _meant(group: Sequence[Finding]) -> list[Finding]:
    """Of the errors about one value those of the kind that was meant, where one can tell: a list has a list's errors."""
    deepest = max(len(finding.at) for finding in group)
    return [finding for finding in group if len(finding.at) == deepest]


def _follow(details: ErrorDetails, data: Any, root: Spot) -> Finding:
    at: Loc = ()
    beyond: Loc = ()
    union: Loc | None = None
    spot, around = root, None
    for part in details["loc"]:
        written = not beyond and _has(data, part)
        if spot is None and isinstance(part, str) and not written:
            union = at + beyond  # the part says which of several kinds of value was tried
            continue
        if written:
            at, data = (*at, part), data[part]
        else:
            beyond = (*beyond, part)
        spot, around = step(spot, part), spot
    context = details.get("ctx", {})
    message = str(context.get("error", details["msg"]))  # what a validator raised, without pydantic's words before it
    return Finding(details["type"], context, message, at, beyond, data, spot, around, union)


def _has(data: Any, part: str | int) -> bool:
    if isinstance(data, dict):
        return part in data
    return isinstance(data, list) and isinstance(part, int) and part < len(data)
