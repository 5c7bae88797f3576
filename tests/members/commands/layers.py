"""The layer types."""

from __future__ import annotations

from support.members import CommandCase

CASE = CommandCase(
    arguments=lambda place: [],
    keys=["layers"],
    refused={"nothing": "unknown layer"},
)
