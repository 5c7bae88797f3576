"""Made-up records, with round numbers, for the tests of the report."""

from __future__ import annotations

from dataclasses import replace

from netcli.analysis.inspect.records import Header, LayerRow
from netcli.runs.metrics import EpochRecord, ParameterRow
from netcli.training.summary import Summary

HEADER = Header(
    name="digits",
    config="configs/digits.yaml",
    layers=(
        LayerRow("conv1", "conv", 6, (16, 8, 8), 160, 20480, 40960, 4096),
        LayerRow("flatten1", "flatten", 7, (1024,), 0, 0, 0, 4096),
        LayerRow("dense1", "dense", 8, (10,), 10250, 20480, 40960, 40),
        LayerRow("cross_entropy1", "cross_entropy", None, (), 0, 50, 60, 4),
    ),
    data={"dataset": "digits", "training": "1,150 examples", "test": "360 examples"},
    executor="numpy",
    seed=7,
    optimizer="sgd, learning rate 0.05",
    run_dir="runs/digits/001",
    parameters=10410,
    flops_forward=41010,
    flops_backward=81980,
)

SUMMARY = Summary(
    executor="numpy",
    epochs=2,
    steps=72,
    seconds=12.34,
    samples_per_second=2345.6,
    train={"loss": 0.5, "accuracy": 0.875},
    validation={"loss": 0.75, "accuracy": 0.75},
    test={"loss": 0.625, "accuracy": 0.9875},
    best_epoch=2,
    grad_norm=1.25,
    stopped="finished",
)


def parameter(name: str = "dense1/weight", shape: tuple[int, ...] = (100, 100), **changes: object) -> ParameterRow:
    """A healthy parameter, but for the changes."""
    row = ParameterRow(name, name.partition("/")[0], 8, shape, 1.0, 10.0, 1e-3, 0.0, (1.0, 1.0, 1.0))
    return replace(row, **changes)  # type: ignore[arg-type]


def epoch(number: int, *rows: ParameterRow, epochs: int = 2, **changes: object) -> EpochRecord:
    """An epoch of 36 steps: the loss is one over its number."""
    record = EpochRecord(
        epoch=number,
        epochs=epochs,
        step=36 * number,
        lr=0.05,
        seconds=0.5,
        samples_per_second=2300.0,
        train={"loss": 1 / number, "accuracy": 1 - 0.5 / number},
        validation={"loss": 1.5 / number, "accuracy": 1 - 0.75 / number},
        grad_norm=1.25,
        parameters=rows or (parameter("conv1/weight", (16, 1, 3, 3)), parameter("dense1/bias", (10,))),
        best=number == 1,
    )
    return replace(record, **changes)  # type: ignore[arg-type]
