"""Stacks of layers that do not fit, and what the commands say of them: wrong/NAME.yaml, and the message in wrong/NAME.txt.

The messages were read and found good; `pytest tests/config tests/cli --update-golden` writes them anew.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support.runs import refused

WRONG = Path(__file__).parent / "wrong"
FILES = sorted(WRONG.glob("*.yaml"))
#: Wrong before any shape is known: there is no trail.
OF_THE_STACK = {"loss_not_last", "two_losses", "no_loss", "names_twice", "name_of_another"}
each_stack = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


@each_stack
def test_message(path: Path, pytestconfig: pytest.Config, tmp_path: Path) -> None:
    golden = path.with_suffix(".txt")
    message = refused("train", path, "--run-dir", tmp_path / "run").replace(str(path), path.name)
    if pytestconfig.getoption("update_golden", default=False):
        golden.write_text(message, encoding="utf-8")
    assert message == golden.read_text(encoding="utf-8")
    assert not (tmp_path / "run").exists()


@each_stack
def test_the_place_and_the_trail(path: Path) -> None:
    """FILE:LINE:COLUMN is that of a layer or a setting of it, shown with a caret; then the shapes, down to this layer."""
    message = path.with_suffix(".txt").read_text(encoding="utf-8")
    head, shown, caret, *hints = message.splitlines()
    place = re.match(rf"{path.name}:(\d+):(\d+): error: (?:(\w+): )?\S", head)
    assert place
    line, column = int(place[1]), int(place[2])
    written = path.read_text(encoding="utf-8").splitlines()[line - 1]
    assert shown == f"{line:>5} | {written}"
    assert caret == " " * 5 + " | " + " " * (column - 1) + "^"
    assert written[: column - 1].endswith(("- ", "{", ", "))
    assert len(hints) >= 1
    if path.stem in OF_THE_STACK:
        return
    trail = hints[-1].removeprefix("  shapes: ").split(" → ")
    assert trail[0] in {"input 4", "input 2", "input 1×8×8"}
    assert trail[-1] == f"{place[3]} ✗"
    assert len(trail) == line - 2  # the input, and a step for each line of the stack down to the wrong one


@pytest.mark.parametrize("command", ["gradcheck", "inspect-graph"])
def test_every_command_says_the_same(command: str) -> None:
    for path in FILES[::6]:
        assert refused(command, path).replace(str(path), path.name) == path.with_suffix(".txt").read_text(encoding="utf-8")


def test_through_an_override(tmp_path: Path) -> None:
    config = tmp_path / "right.yaml"
    config.write_text(
        "data: {dataset: digits}\nmodel:\n  layers:\n    - flatten\n    - dense: 10\n    - softmax\n    - cross_entropy\n"
    )
    message = refused("train", config, "model.layers.1.dense.units=11", "--run-dir", tmp_path / "run")
    assert "right.yaml:7:7: error: cross_entropy1: cross_entropy expected 10 values per example" in message
    assert "dense1 11 → softmax1 11 → cross_entropy1 ✗" in message
    message = refused("train", config, "model.layers.0={conv: {filters: 9, groups: 2}}")
    assert message.startswith(
        "argument model.layers.0={conv: {filters: 9, groups: 2}}:1:36: error: conv1: 2 groups cannot divide"
    )


def test_there_are_enough_of_them_and_none_is_left() -> None:
    assert {path.stem for path in WRONG.glob("*.txt")} == {path.stem for path in FILES}
    assert len(FILES) >= 20
    assert {path.stem for path in FILES} >= OF_THE_STACK
