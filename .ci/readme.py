"""Keep README and docs true: print the README's test command, or run every example in the given files.

An example is a line that begins with `$ ` in a block fenced as `console`. Each file's examples run in order in one copy of the
checkout; each must exit with 0, or with the code in a comment at its end: `# exit 2`. Blocks fenced otherwise are not run.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_command() -> str:
    """The one shell line of the README that runs pytest."""
    blocks = [body for language, body in FENCE.findall(Path("README.md").read_text()) if language == "sh" and "pytest" in body]
    if len(blocks) != 1:
        sys.exit(f"README.md must have one sh block that runs the tests, found {len(blocks)}")
    return blocks[0].strip()


def examples(path: Path) -> list[str]:
    """The commands of a file."""
    blocks = [body for language, body in FENCE.findall(path.read_text()) if language == "console"]
    return [line.removeprefix("$ ") for body in blocks for line in body.splitlines() if line.startswith("$ ")]


def run(path: Path) -> list[str]:
    """Run a file's examples; what went wrong."""
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "netcli"
        shutil.copytree(".", copy, ignore=shutil.ignore_patterns(".venv*", ".git", ".*_cache", "__pycache__", "runs"))
        for command in examples(path):
            expected = int(match[1]) if (match := re.search(r"# exit (\d+)$", command)) else 0
            done = subprocess.run(["bash", "-c", command], cwd=copy, capture_output=True, text=True, timeout=120, check=False)
            print(f"{path}: {command}: exit {done.returncode}", flush=True)
            if done.returncode != expected:
                wrong.append(f"{path}: {command}: exit {done.returncode}, expected {expected}\n{done.stdout}{done.stderr}")
    return wrong


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["test-command"]:
            print(test_command())
        case ["examples", *paths]:
            failures = [failure for path in paths for failure in run(Path(path))]
            sys.exit("\n".join(failures) or None)
        case _:
            sys.exit(__doc__)
