"""The small data sets that come with netcli."""

from __future__ import annotations

from pathlib import Path

import netcli
from netcli.errors import DataError


def bundled(name: str) -> Path:
    """The path of a bundled file: `netcli/data/NAME` where netcli is installed, `data/bundled/NAME` in its source tree.

    Raises DataError when it is in neither place.
    """
    package = Path(netcli.__file__).parent
    places = (package / "data" / name, package.parent / "data" / "bundled" / name)
    for path in places:
        if path.is_file():
            return path
    raise DataError(
        f"the bundled file {name} is not in {places[0].parent}, nor in {places[1].parent}",
        hint="the installation is not complete: install netcli again",
    )
