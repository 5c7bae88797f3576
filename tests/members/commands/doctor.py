"""A config looked over before it is trained."""

from __future__ import annotations

from support.members import CommandCase

CASE = CommandCase(
    arguments=lambda place: [place.config],
    keys=["name", "verdict", "checks"],
    refused={"": "Missing argument", "nothing.yaml": "there is no file nothing.yaml"},
)
