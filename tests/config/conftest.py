"""The option that writes the expected messages anew."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """`pytest tests/config --update-golden` writes wrong/NAME.txt; read the difference before committing it."""
    parser.addoption("--update-golden", action="store_true", help="write the expected messages of wrong configs anew")
