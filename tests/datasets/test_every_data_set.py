"""What holds for every data set: what it reads, that it reads the same again, that a network trains on it, missing files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from support.cases import DATASET_CASES
from support.members import DatasetCase
from support.runs import config_of, document, refused

from netcli.datasets import DataSettings, Raw

every_data_set = pytest.mark.parametrize("case", DATASET_CASES.values(), ids=list(DATASET_CASES))


def read(case: DatasetCase, folder: Path) -> Raw:
    """What it reads of the files that the case writes."""
    return DataSettings.model_validate({"dataset": case.written(folder)}).dataset.read(folder)


@every_data_set
def test_what_it_reads(case: DatasetCase, tmp_path: Path) -> None:
    raw = read(case, tmp_path)
    assert raw.origin
    assert (len(raw.train), None if raw.test is None else len(raw.test)) == case.examples
    assert raw.classes == (None if case.classes is None else tuple(case.classes))
    for part in [raw.train, *([] if raw.test is None else [raw.test])]:
        assert part.inputs.shape == (len(part), *case.shape)
        assert part.inputs.dtype == case.dtype
        assert part.inputs.flags.c_contiguous
        assert len(part.targets) == len(part.inputs)
        if case.classes is None:
            assert part.targets.dtype == np.float32
            assert part.targets.ndim > 1
        else:
            assert part.targets.dtype == np.int32
            assert part.targets.ndim == 1
            assert set(part.targets.tolist()) == set(range(len(case.classes)))
        if raw.largest is not None:
            assert 0 <= part.inputs.min() <= part.inputs.max() <= raw.largest
    if raw.features is not None:
        assert case.shape == (len(raw.features),)


@every_data_set
def test_it_reads_the_same_again_and_changes_no_file(case: DatasetCase, tmp_path: Path) -> None:
    first = read(case, tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    settings = DataSettings.model_validate({"dataset": case.written(tmp_path)})
    again = settings.dataset.read(tmp_path)
    np.testing.assert_array_equal(first.train.inputs, again.train.inputs)
    np.testing.assert_array_equal(first.train.targets, again.train.targets)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    assert bool(before) == case.has_files


@every_data_set
def test_a_network_trains_on_it(case: DatasetCase, tmp_path: Path) -> None:
    text = f"data: {{dataset: {json.dumps(case.written(tmp_path))}}}\nmodel:\n  layers:\n"
    text += "    - flatten\n" if len(case.shape) > 1 else ""
    outputs = len(case.classes or read(case, tmp_path).train.targets[0])
    text += f"    - dense: {outputs}\n    - {'cross_entropy' if case.classes else 'mse'}\ntrain: {{epochs: 1}}\n"
    summary = document("train", config_of(tmp_path, text), "--run-dir", tmp_path / "run")
    assert summary["stopped"] == "finished"
    assert 0 < summary["train"]["loss"] < np.inf


@every_data_set
def test_missing_files_are_named(case: DatasetCase, tmp_path: Path) -> None:
    """With the config's line; no run is begun."""
    written = case.written(tmp_path)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    for path in files:
        path.unlink()
    if not case.has_files:
        assert not files
        return
    config = config_of(tmp_path, f"data: {{dataset: {json.dumps(written)}}}\nmodel:\n  layers:\n    - mse\n")
    message = refused("train", config, "--run-dir", tmp_path / "run")
    assert any(path.name in message for path in files), message
    assert not (tmp_path / "run").exists()
