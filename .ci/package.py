"""Look into what is built: `package.py FILES DIST`; the project's files, separated by zeros, and the folder of wheel and sdist.

The wheel must hold the whole package, the bundled data and every licence; the sdist every file, so that its tests can be run.
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Set
from pathlib import Path


def only(folder: Path, pattern: str) -> Path:
    """The one file of this pattern."""
    found = list(folder.glob(pattern))
    if len(found) != 1:
        sys.exit(f"expected one {pattern} in {folder}, found {len(found)}")
    return found[0]


def lacking(what: str, expected: Set[str], names: Set[str]) -> list[str]:
    """What is not there, as lines."""
    return [f"{what} lacks {name}" for name in sorted(expected - names)]


def wheel_faults(wheel: Path, files: Set[str]) -> list[str]:
    """What the wheel lacks: files of the package, the bundled data, licences."""
    names = set(zipfile.ZipFile(wheel).namelist())
    licenses = f"{wheel.name.removesuffix('-py3-none-any.whl')}.dist-info/licenses/"
    expected = {name for name in files if name.startswith("netcli/")}
    expected |= {name.replace("data/bundled/", "netcli/data/") for name in files if name.startswith("data/bundled/")}
    expected |= {licenses + name for name in files if "LICENSE" in Path(name).name}
    return lacking(wheel.name, expected, names)


def sdist_faults(sdist: Path, files: Set[str]) -> list[str]:
    """What the sdist lacks; whether its tests can be collected, and those of the project itself pass."""
    with tarfile.open(sdist) as archive, tempfile.TemporaryDirectory() as folder:
        archive.extractall(folder, filter="data")
        root = Path(folder) / sdist.name.removesuffix(".tar.gz")
        faults = lacking(sdist.name, files, {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()})
        for arguments in (["--collect-only", "-m", ""], ["tests/project"]):
            done = subprocess.run(
                [sys.executable, "-m", "pytest", "-q", *arguments],
                cwd=root, env={"PYTHONPATH": str(root), "PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False,
            )  # fmt: skip
            if done.returncode:
                faults.append(f"{sdist.name}: pytest {' '.join(arguments)} exits with {done.returncode}\n{done.stdout[-3000:]}")
    return faults


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    project = set(Path(sys.argv[1]).read_text().rstrip("\0").split("\0"))
    built = Path(sys.argv[2])
    found = wheel_faults(only(built, "*.whl"), project) + sdist_faults(only(built, "*.tar.gz"), project)
    sys.exit("\n".join(found) or None)
