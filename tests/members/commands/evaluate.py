"""How good a trained network is."""

from __future__ import annotations

from support.members import CommandCase

CASE = CommandCase(
    arguments=lambda place: [place.run],
    keys=["run_dir", "checkpoint", "epoch", "split", "examples", "metrics", "classes", "confusion"],
    refused={"": "Missing argument", "nowhere": "nowhere is not a directory"},
)
