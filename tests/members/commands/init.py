"""A commented config to begin with."""

from __future__ import annotations

from support.members import CommandCase

CASE = CommandCase(
    arguments=lambda place: [place.folder / "new.yaml"],
    keys=None,
    refused={"nowhere/new.yaml": "nowhere"},
)
