"""A browser for the tests of pages: Debian's chromium, or what NETCLI_CHROMIUM names."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The browser. Without one the tests are skipped, but not where CI is set: there they must run."""
    program = os.environ.get("NETCLI_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        message = "there is no chromium; install it (apt-get install chromium) or set NETCLI_CHROMIUM to its program"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    options = ["--no-sandbox"] if os.geteuid() == 0 else []  # chromium refuses to sandbox what root runs
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=program, args=options)
        yield found
        found.close()
