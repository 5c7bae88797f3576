"""The derivative of the loss by one number."""

from __future__ import annotations

from support.members import CommandCase

CASE = CommandCase(
    arguments=lambda place: [place.config, "--parameter", "dense1/weight[0,0]"],
    keys=[
        "number",
        "chosen",
        "value",
        "derivative",
        "weights",
        "examples",
        "layer",
        "line",
        "yaml",
        "end",
        "end_value",
        "derivatives",
        "kink",
        "is_zero",
        "causes",
        "stages",
        "chain",
    ],
    refused={"nothing.yaml --parameter x": "nothing.yaml"},
)
