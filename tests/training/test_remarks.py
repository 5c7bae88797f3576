"""What is hardly meant, though it can be trained, and what is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.runs import config_of, document, succeed

from netcli.config.load import load
from netcli.training.remarks import remarks
from netcli.training.session import prepare


def config(folder: Path, examples: int, batch: int, layers: str, shape: tuple[int, ...] = (6,)) -> Path:
    """A config on made-up data of so many examples."""
    x = np.random.default_rng(0).normal(size=(examples, *shape)).astype("float32")
    np.savez(folder / "d.npz", x_train=x, y_train=np.arange(examples) % 2)
    data = f"data: {{dataset: {{npz: {folder / 'd.npz'}}}, batch_size: {batch}, validation: 0, test: 0}}"
    text = f"{data}\nmodel: {{layers: [{layers}]}}\n"
    return config_of(folder, text)


VECTORS = "dense: 4, batchnorm, relu, dense: 2, softmax, cross_entropy"
IMAGES = "conv: 4, batchnorm, relu, flatten, dense: 2, softmax, cross_entropy"
WITHOUT = "dense: 4, relu, dense: 2, softmax, cross_entropy"


@pytest.mark.parametrize(
    ("examples", "batch", "layers", "shape", "sizes"),
    [
        (65, 32, VECTORS, (6,), "31 or 33"),
        (65, 64, VECTORS, (6,), "63 or 65"),
        (9, 2, VECTORS, (6,), "3 or 5"),
        (9, 1, VECTORS, (6,), "3"),
        (64, 32, VECTORS, (6,), None),
        (66, 32, VECTORS, (6,), None),
        (65, 32, WITHOUT, (6,), None),
        (65, 32, IMAGES, (1, 5, 5), None),  # a channel of one image has a mean of nine values
        (65, 32, IMAGES, (1, 3, 3), "31 or 33"),  # and here of one
    ],
)
def test_a_last_batch_of_one_in_front_of_a_batchnorm(
    examples: int, batch: int, layers: str, shape: tuple[int, ...], sizes: str | None, tmp_path: Path
) -> None:
    found = list(remarks(prepare(load(config(tmp_path, examples, batch, layers, shape)))))
    assert [problem.hint for problem in found] == (
        [] if sizes is None else [f"set data.batch_size to {sizes}, or change how many examples are held out"]
    )


@pytest.mark.parametrize("batch", [31, 33])
def test_the_sizes_that_are_named_avoid_it(batch: int, tmp_path: Path) -> None:
    assert not list(remarks(prepare(load(config(tmp_path, 65, batch, VECTORS)))))


def test_train_and_doctor_tell(tmp_path: Path) -> None:
    path = config(tmp_path, 65, 32, VECTORS)
    done = succeed("train", path, "train.epochs=1", "executor=numpy", "-q", "--run-dir", tmp_path / "run")
    assert "batchnorm1 needs more than one example in a batch" in done.stderr
    (check,) = [each for each in document("doctor", path, "executor=numpy")["checks"] if each["check"] == "last batch"]
    assert (check["verdict"], check["numbers"], check["line"]) == ("warning", {"examples": 1}, 1)
