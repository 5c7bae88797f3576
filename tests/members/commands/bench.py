"""The training step, timed."""

from __future__ import annotations

from support.members import CommandCase

CASE = CommandCase(
    arguments=lambda place: [place.config, "--steps", 3],
    keys=[
        "name",
        "executor",
        "threads",
        "batch_size",
        "steps",
        "ms_per_step",
        "best_ms_per_step",
        "samples_per_second",
        "flops_per_step",
        "gflops",
        "peak_gflops",
        "share_of_peak",
        "compile_ms",
        "rows",
    ],
    refused={"": "Missing argument", "nothing.yaml": "there is no file nothing.yaml"},
)
