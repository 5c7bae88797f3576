"""What is said of gradients that are not well, in real trainings: the right layer, its line, the right number."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
from support.runs import call, config_of, metrics_of

each_executor = pytest.mark.parametrize("executor", ["llvm", "numpy"])

DATA = "data: {dataset: iris, batch_size: 16}\nmodel:\n  layers:\n"
END = "    - dense: 3\n    - softmax\n    - cross_entropy\n"

VANISHING = DATA + "    - dense: 8  # here\n    - sigmoid\n" + "    - dense: 8\n    - sigmoid\n" * 7 + END
DYING = DATA + "    - dense: 8\n    - relu\n    - dense: {units: 16, bias_init: {constant: -99}}  # here\n    - relu\n" + END
EXPLODING = DATA + "    - dense: 8\n    - tanh\n    - dense: {units: 8, init: {normal: 1e-3}}  # here\n    - tanh\n" + END


def told(text: str, directory: Path, *settings: str) -> tuple[list[str], int, Path]:
    """What is said of the gradients while a config is trained, the line marked in it, the run."""
    run = directory / "run"
    result = call("train", config_of(directory, text), "--run-dir", run, *settings)
    assert result.exit_code == 0, result.output
    line = next(number for number, line in enumerate(text.splitlines(), start=1) if "# here" in line)
    return re.findall(r"^  (gradients .*)$", result.stdout, re.MULTILINE), line, run


@pytest.mark.slow
@each_executor
def test_vanishing(executor: str, tmp_path: Path) -> None:
    said, line, run = told(VANISHING, tmp_path, "train.epochs=3", f"executor={executor}")
    norms = metrics_of(run)[0]["grad_norms"]
    share = (norms["dense1/weight"] / math.sqrt(4 * 8)) / (norms["dense9/weight"] / math.sqrt(8 * 3))
    assert share < 1e-3
    assert len(said) == 1, "said once, not every epoch"
    assert said[0].startswith(f"gradients vanish in dense1, line {line}: per weight {share:.1e} of dense9's")


@each_executor
def test_dying(executor: str, tmp_path: Path) -> None:
    """No unit behind dense2 is ever on: what lies before gets no gradient, and dense3 reads zeros."""
    said, line, run = told(DYING, tmp_path, "train.epochs=2", f"executor={executor}")
    shares = metrics_of(run)[-1]["zero_shares"]
    dead = [name for name, share in shares.items() if share == 1]
    assert dead == ["dense1/weight", "dense1/bias", "dense2/weight", "dense2/bias", "dense3/weight"]
    assert said == [f"gradients die in dense2, line {line}: every element of bias's is 0; 4 more parameters dead"]


@pytest.mark.slow
@each_executor
def test_exploding(executor: str, tmp_path: Path) -> None:
    """adam changes every weight by about its rate, which is ten times as large as those of dense2."""
    said, line, run = told(EXPLODING, tmp_path, "train.epochs=1", "train.optimizer={adam: 0.01}", f"executor={executor}")
    ratio = metrics_of(run)[0]["update_ratios"]["dense2/weight"]
    assert ratio > 0.1
    assert said == [f"gradients explode in dense2, line {line}: a step changes {100 * ratio:.0f} % of weight"]
