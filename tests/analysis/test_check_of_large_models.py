"""A large network is checked in part, unless all is asked for; an error in any parameter is found all the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.runs import config_of, document

from netcli.analysis.gradcheck import model
from netcli.autodiff.gradcheck import CheckSettings
from netcli.config.load import load
from netcli.training.session import prepare

SETTINGS = CheckSettings(second_order=False)


def elements(path: Path, *, whole: bool) -> dict[str, int]:
    """How many elements of each parameter are compared with differences."""
    checks = model.check_model(prepare(load(path), "float64"), 4, SETTINGS, whole=whole)
    assert {check.verdict for check in checks} <= {"pass", "kink"}
    return {check.name: check.elements for check in checks if check.kind == "reverse"}


def test_a_share_of_what_takes_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = config_of(tmp_path)
    everything = {"dense1/weight": 32, "dense1/bias": 8, "dense2/weight": 24, "dense2/bias": 3}
    assert elements(path, whole=False) == everything
    # 4 examples · (2·4·8 + 2·8·3 + some) floating-point operations, three times for each of 67 derivatives
    wanted = 67 * 3 * model._flops(prepare(load(path), "float64").model.training.objective, 4)
    assert 67 * 3 * 4 * 112 < wanted < 67 * 3 * 4 * 112 * 2
    monkeypatch.setattr(model, "_WORK", wanted / 10)
    assert elements(path, whole=True) == everything
    assert elements(path, whole=False) == {"dense1/weight": 3, "dense1/bias": 8, "dense2/weight": 3, "dense2/bias": 3}
    monkeypatch.setattr(model, "_WORK", 1)
    assert elements(path, whole=False) == dict.fromkeys(everything, 1)


def test_the_command_asks_for_all_when_it_is_told_how_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = config_of(tmp_path)
    monkeypatch.setattr(model, "_WORK", 1)
    for options, expected in [([], 1), (["--sampled", "32"], 32)]:
        checks = document("gradcheck", path, *options)["checks"]
        assert next(check for check in checks if check["name"] == "dense1/weight")["elements"] == expected
