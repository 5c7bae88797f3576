"""Predictions of a trained network."""

from __future__ import annotations

from support.members import CommandCase

CASE = CommandCase(
    arguments=lambda place: [place.run, place.inputs],
    keys=["run_dir", "predictions"],
    refused={"nowhere x.npy": "nowhere is not a directory"},
)
