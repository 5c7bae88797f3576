"""Training."""

from __future__ import annotations

from support.members import CommandCase

CASE = CommandCase(
    arguments=lambda place: [place.config, "--run-dir", place.folder / "run"],
    keys=[
        "run_dir",
        "executor",
        "epochs",
        "steps",
        "seconds",
        "samples_per_second",
        "train",
        "validation",
        "test",
        "best_epoch",
        "grad_norm",
        "stopped",
    ],
    refused={
        "": "give a CONFIG to train, or --resume RUN to go on",
        "nothing.yaml": "there is no file nothing.yaml",
        "--resume nowhere": "nowhere is not a directory",
    },
)
