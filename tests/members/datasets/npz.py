"""Arrays in a .npz file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from support.kinds import Kind
from support.members import DatasetCase


def written(folder: Path) -> Any:
    """Thirty examples of values, ten more for tests."""
    generator = np.random.default_rng(0)
    arrays = {name: generator.normal(size=size) for name, size in [("x_train", (30, 3)), ("x_test", (10, 3))]}
    arrays |= {name: generator.normal(size=size) for name, size in [("y_train", (30, 2)), ("y_test", (10, 2))]}
    np.savez(folder / "arrays.npz", **arrays)
    return {"npz": {"path": "arrays.npz"}}


CASE = DatasetCase(
    settings={"path": Kind(("x.npz", "/a b.npz"), ("", 3, None, True, ["a"], "a\0b"))},
    needed={"path": "x.npz"},
    main=("path", "y.npz"),
    written=written,
    shape=(3,),
    dtype="float32",
    classes=None,
    examples=(30, 10),
)
