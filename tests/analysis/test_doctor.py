"""What the doctor says of healthy configs, and of sick ones."""

from __future__ import annotations

import math
import os
import signal
from pathlib import Path

import numpy as np
import pytest
from support.runs import IRIS, call, config_of, document, refused, succeed

from netcli.analysis.doctor import examine
from netcli.analysis.doctor.records import Finding, worst
from netcli.config.load import load
from netcli.executors import EXECUTORS
from netcli.report.doctor import advice_lines, doctor_table
from netcli.report.table import plain
from netcli.report.text import line_text
from netcli.training.session import prepare

NAMES = [
    "data standardised", "end of the stack", "initial loss", "activation scale", "gradient scale", "one batch by heart",
    "learning rate", "memory", "time",
]  # fmt: skip
DIGITS = """\
data: {dataset: digits, batch_size: 32}
model:
  layers:
    - flatten
    - dense: 32
    - relu
    - dense: 10
    - softmax
    - cross_entropy
train: {epochs: 2, optimizer: {sgd: {lr: 0.1}}}
"""


def findings(tmp_path: Path, text: str, *overrides: str) -> dict[str, Finding]:
    session = prepare(load(config_of(tmp_path, text), overrides))
    return {each.check: each for each in examine(session, lambda: False)}


@pytest.mark.parametrize("executor", EXECUTORS)
def test_a_healthy_config(executor: str, tmp_path: Path) -> None:
    found = findings(tmp_path, DIGITS, f"executor={executor}")
    assert list(found) == [*NAMES[:5], "dead units", *NAMES[5:]]
    assert {name: each.verdict for name, each in found.items()} == dict.fromkeys(found, "ok")
    assert all(each.advice is None and each.place is None for each in found.values())
    assert found["initial loss"].numbers["baseline"] == pytest.approx(math.log(10))
    assert found["learning rate"].numbers["rate"] == 0.1


def test_both_executors_see_the_same_batch(tmp_path: Path) -> None:
    one, other = (findings(tmp_path, DIGITS, f"executor={name}") for name in EXECUTORS)
    for check in ("data standardised", "initial loss", "activation scale", "gradient scale", "dead units"):
        for name, number in one[check].numbers.items():
            assert other[check].numbers[name] == pytest.approx(number, rel=1e-4, abs=1e-5), (check, name)


def deep(activation: str, layers: int, units: int = 16) -> str:
    """Many layers of one kind."""
    pairs = "".join(f"    - dense: {units}\n    - {activation}\n" for _ in range(layers))
    return DIGITS.replace("    - dense: 32\n    - relu\n", pairs)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("check", "verdict", "text", "overrides", "advice"),
    [
        ("data standardised", "warning", DIGITS, ["data.standardize=none", "data.scale=1"], "data.standardize: all"),
        ("gradient scale", "warning", deep("sigmoid", 20), [], "almost nothing of the gradient comes to dense1/weight"),
        ("one batch by heart", "fault", deep("sigmoid", 20), [], "learn so few examples by heart"),
        ("learning rate", "fault", DIGITS.replace("lr: 0.1", "lr: 1000000"), [], "training diverges at such a rate"),
        ("learning rate", "warning", DIGITS.replace("lr: 0.1", "lr: 0.0000001"), [], "much can be gained"),
        (
            "initial loss",
            "fault",
            DIGITS.replace("dense: 10", "dense: {units: 10, init: {normal: 9}}"),
            [],
            "sure of wrong answers",
        ),
        (
            "dead units",
            "fault",
            DIGITS.replace("dense: 32", "dense: {units: 32, bias_init: {constant: -50}}"),
            [],
            "learn nothing",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 20 else "",
)
def test_a_sick_config(check: str, verdict: str, text: str, overrides: list[str], advice: str, tmp_path: Path) -> None:
    found = findings(tmp_path, text, *overrides)[check]
    assert found.verdict == verdict, found
    assert found.advice is not None
    assert advice in found.advice


def test_the_place_of_a_sickness(tmp_path: Path) -> None:
    found = findings(tmp_path, DIGITS.replace("lr: 0.1", "lr: 1000000"))["learning rate"]
    assert found.place is not None
    assert (found.place.line, found.place.text) == (10, "train: {epochs: 2, optimizer: {sgd: {lr: 1000000}}}")


def table(tmp_path: Path, features: np.ndarray, targets: np.ndarray) -> str:
    """A config that learns values of features, as they are."""
    np.savez(tmp_path / "values.npz", x=features.astype("float32"), y=targets.astype("float32"))
    data = "{dataset: {npz: values.npz}, batch_size: 16, standardize: none}"
    return f"data: {data}\nmodel: {{layers: [dense: 1, mse]}}\ntrain: {{epochs: 1}}\n"


def test_targets_far_away_and_features_of_other_sizes(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    features = generator.normal(size=(64, 2))
    found = findings(tmp_path, table(tmp_path, features, 1000 + features[:, :1]))
    assert found["initial loss"].verdict == "fault"
    assert "bias_init: {constant: MEAN}" in (found["initial loss"].advice or "")
    assert found["data standardised"].verdict == "ok"
    uneven = findings(tmp_path, table(tmp_path, features * [1.4, 1e-4], features[:, :1]))
    assert uneven["data standardised"].verdict == "warning"


# --------------------------------------------------------------------------------------------------------------- the command


def test_the_table(tmp_path: Path) -> None:
    said = succeed("doctor", config_of(tmp_path, IRIS)).stdout
    assert "before training" in said.splitlines()[0]
    for name in NAMES:
        assert f"ok  {name} " in said or f"warning  {name} " in said


def test_a_fault_ends_with_1(tmp_path: Path) -> None:
    config = config_of(tmp_path, deep("sigmoid", 20))
    result = call("doctor", config)
    assert result.exit_code == 1
    assert "is not fit to be trained: one batch by heart" in result.stderr
    found = document("doctor", config, code=1)
    assert found["verdict"] == "fault"
    assert [each["check"] for each in found["checks"]] == NAMES
    assert all(each["numbers"] for each in found["checks"])


def test_ctrl_c(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from netcli.analysis.doctor import first_batch as module

    look = module._seen

    def interrupted(session: object) -> object:
        os.kill(os.getpid(), signal.SIGINT)
        return look(session)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "_seen", interrupted)
    result = call("doctor", config_of(tmp_path, IRIS))
    assert (result.exit_code, result.stdout, result.stderr) == (130, "", "interrupted\n")


def test_wrong_requests(tmp_path: Path) -> None:
    assert "there is no file" in refused("doctor", tmp_path / "nothing.yaml")
    weightless = config_of(tmp_path, IRIS.replace("- dense: 8", "- relu").replace("- dense: 3\n", "- relu\n"), "weightless")
    assert "error: " in refused("doctor", weightless)


@pytest.mark.parametrize("width", [60, 80, 200])
def test_what_people_see_fits(width: int, tmp_path: Path) -> None:
    found = list(findings(tmp_path, deep("sigmoid", 20)).values())
    assert worst(found) == "fault"
    lines = [*plain(doctor_table("net", found), width).splitlines(), *map(line_text, advice_lines(found, width))]
    assert max(map(len, lines)) <= width
