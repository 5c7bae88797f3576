"""MNIST's four files; the real ones are read in tests/datasets/test_mnist_source.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from support.kinds import Kind
from support.members import DatasetCase
from support.runs import write_mnist


def written(folder: Path) -> Any:
    """Random pictures, all ten labels in turn."""
    write_mnist(folder / "mnist", train=64, test=32)
    return {"mnist": "mnist"}


CASE = DatasetCase(
    settings={"path": Kind(("data/mnist", "/a b"), ("", 3, None, True, ["a"], "a\0b"))},
    needed={"path": "data/mnist"},
    main=("path", "elsewhere"),
    written=written,
    shape=(1, 28, 28),
    dtype="uint8",
    classes=list("0123456789"),
    examples=(64, 32),
)
