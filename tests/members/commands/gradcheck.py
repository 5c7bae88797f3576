"""Derivatives checked numerically."""

from __future__ import annotations

from support.members import CommandCase

CASE = CommandCase(
    arguments=lambda place: [place.config],
    keys=["passed", "checks", "faults"],
    refused={"nothing.yaml": "there is no file nothing.yaml", "--executor nunpy": "unknown executor"},
)
