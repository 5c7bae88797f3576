"""Fixtures for all tests."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

# the same examples on every machine, however slow
settings.register_profile("netcli", deadline=None, derandomize=True, database=None)
settings.load_profile("netcli")


def pytest_configure(config: pytest.Config) -> None:
    """Code that tests compile is kept in a folder of their own, in child processes too."""
    folder = tempfile.TemporaryDirectory(prefix="netcli-cache-")
    config.add_cleanup(folder.cleanup)
    os.environ["NETCLI_CACHE"] = folder.name


ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def mnist_directory() -> Path:
    """The directory of the four MNIST files, which are not part of the project."""
    directory = Path(os.environ.get("NETCLI_MNIST", ROOT.parent / "shared" / "data" / "mnist"))
    if not (directory / "train-images-idx3-ubyte.gz").is_file():
        pytest.skip(f"the MNIST files are not in {directory}; set NETCLI_MNIST to their directory")
    return directory
