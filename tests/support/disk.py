"""A fixture for tests that write many small runs."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(autouse=True)
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are not flushed to the disk: most of the time of a small training would go into that."""
    monkeypatch.setattr(os, "fsync", lambda file: None)
