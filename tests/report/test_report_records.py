"""What the records write as JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from math import inf, nan

import pytest
from support.report_samples import SUMMARY, epoch, parameter

from netcli.runs.metrics import read_epochs
from netcli.strict_json import dumps


def test_summary_is_the_document_of_train_json() -> None:
    assert dumps(replace(SUMMARY, validation=None, grad_norm=inf).as_json()) == (
        '{"executor": "numpy", "epochs": 2, "steps": 72, "seconds": 12.34, '
        '"samples_per_second": 2345.6, "train": {"loss": 0.5, "accuracy": 0.875}, "validation": null, '
        '"test": {"loss": 0.625, "accuracy": 0.9875}, "best_epoch": 2, "grad_norm": null, "stopped": "finished"}'
    )


def test_epoch_is_a_line_of_metrics() -> None:
    record = epoch(2, parameter("a/weight", norm=0.5, zero_share=0.25), parameter("a/bias", (3,), norm=nan))
    assert record.as_json() == {
        "epoch": 2,
        "step": 72,
        "lr": 0.05,
        "seconds": 0.5,
        "samples_per_second": 2300.0,
        "train": {"loss": 0.5, "accuracy": 0.75},
        "validation": {"loss": 0.75, "accuracy": 0.625},
        "grad_norm": 1.25,
        "grad_norms": {"a/weight": 0.5, "a/bias": None},
        "weight_norms": {"a/weight": 10.0, "a/bias": 10.0},
        "update_ratios": {"a/weight": 1e-3, "a/bias": 1e-3},
        "zero_shares": {"a/weight": 0.25, "a/bias": 0.0},
        "best": False,
    }


def test_epochs_are_read_back() -> None:
    model = [parameter("a/weight"), parameter("a/bias", (3,))]
    first = epoch(1, *(replace(row, norm=2.0, history=(2.0,)) for row in model))
    second = epoch(2, *(replace(row, norm=3.0, history=(2.0, 3.0)) for row in model), validation=None)
    entries = [json.loads(dumps(record.as_json())) for record in (first, second)]
    assert read_epochs(entries, model, 2) == [first, second]


def test_reading_names_what_is_missing() -> None:
    with pytest.raises(KeyError, match="unknown/weight"):
        read_epochs([epoch(1).as_json()], [parameter("unknown/weight")], 2)
