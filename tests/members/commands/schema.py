"""The JSON Schema of a config."""

from __future__ import annotations

from support.members import CommandCase

CASE = CommandCase(
    arguments=lambda place: [],
    keys=None,
    refused={"something": "unexpected extra argument"},
)
