"""What the texts say of the package is true: the distribution is netcli-nn; plain netcli on the package index is another's."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import netcli

ROOT = Path(__file__).resolve().parents[2]

#: Asking an installer for `netcli` by its bare name, or an extra of it.
OLD = re.compile(r"pip install[^\n&;]*?[\s\"'`]netcli(?![-\w./])|\bnetcli\[")


def texts() -> Iterator[tuple[Path, str]]:
    """Every text file that the project is made of."""
    folders = (".ci", "benchmarks", "configs", "data", "docs", "netcli", "tests")
    paths = [*ROOT.glob("*.md"), ROOT / "pyproject.toml", *(path for name in folders for path in (ROOT / name).rglob("*"))]
    for path in paths:
        if path.is_file() and path.suffix not in {".npz", ".ttf", ".pyc"}:
            yield path, path.read_bytes().decode(errors="replace")


def test_the_old_form_is_recognised() -> None:
    """With a placeholder for the name, since this file is searched too."""
    for old in ("pip install NAME", 'pip install -q "NAME[png]"', "NAME[test]", "pip install `NAME`"):
        assert OLD.search(old.replace("NAME", "netcli")), old
    for good in ("pip install . && NAME train", 'pip install ".[png]"', "NAME-nn[test]", "pip install ./NAME", "NAME train"):
        assert not OLD.search(good.replace("NAME", "netcli")), good


def test_nobody_is_told_to_install_another_project() -> None:
    found = [f"{path}: {match[0]}" for path, text in texts() for match in OLD.finditer(text)]
    assert not found


def test_the_distribution_is_netcli_nn_and_its_version_that_of_the_package() -> None:
    """The version is written once, in netcli/__init__.py."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["project"]["name"] == "netcli-nn"
    assert project["project"]["scripts"] == {"netcli": "netcli.cli:main"}
    assert "version" not in project["project"]
    assert ROOT / project["tool"]["hatch"]["version"]["path"] == Path(netcli.__file__)
