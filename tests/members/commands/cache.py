"""Compiled code on the disk."""

from __future__ import annotations

from support.members import CommandCase

CASE = CommandCase(
    arguments=lambda place: [],
    keys=["folder", "entries", "bytes", "limit_bytes", "removed"],
    refused={"something": "unexpected extra argument"},
)
