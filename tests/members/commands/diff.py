"""What differs between two configs."""

from __future__ import annotations

from support.members import CommandCase

CASE = CommandCase(
    arguments=lambda place: [place.config, place.run],
    keys=["before", "after", "same", "same_layers", "layers", "totals", "settings"],
    refused={"nothing.yaml other.yaml": "nothing.yaml"},
)
