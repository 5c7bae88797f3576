"""Modules that are imported when something of them is used: files with peers are read where torch is not installed."""

from __future__ import annotations

import importlib
from typing import Any


class _Late:
    """A module that is not imported yet."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(importlib.import_module(self._name), attribute)


torch: Any = _Late("torch")
F: Any = _Late("torch.nn.functional")
