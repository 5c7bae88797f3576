"""The computational graph."""

from __future__ import annotations

from support.members import CommandCase

CASE = CommandCase(
    arguments=lambda place: [place.config],
    keys=["nodes", "outputs", "updates"],
    refused={"": "Missing argument", "nothing.yaml": "nothing.yaml"},
)
