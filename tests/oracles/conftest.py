"""Comparisons with what others have collected. They need large installs; `.ci/nightly` runs them: `pytest -m nightly`."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Collecting them imports torch and onnx and draws all samples: only where they are asked for."""
    return None if "nightly" in config.option.markexpr and "not nightly" not in config.option.markexpr else True
