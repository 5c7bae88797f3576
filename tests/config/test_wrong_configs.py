"""Wrong configs and what netcli says of them: wrong/NAME.yaml and the whole message in wrong/NAME.txt.

Lines `# argument: KEY=VALUE` in a file are the overrides that it is loaded with. The files hold the messages as they were
read and found good; `pytest tests/config --update-golden` writes them anew.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from netcli.config.load import load
from netcli.errors import ConfigError, NetcliError, UsageError

WRONG = Path(__file__).parent / "wrong"
FILES = sorted(WRONG.glob("*.yaml"))
HEAD = re.compile(r"^(?P<source>\S+\.yaml|argument .+?):(?P<line>\d+):(?P<column>\d+): error: \S.*$")


def error_of(path: Path) -> NetcliError:
    """What loading the file with its arguments raises."""
    text = path.read_bytes().decode("utf-8", "replace")
    arguments = re.findall(r"^# argument: (.*)$", text, flags=re.MULTILINE)
    with pytest.raises((ConfigError, UsageError)) as caught:
        load(path, arguments)
    return caught.value


def message_of(path: Path) -> str:
    """The message, with the file's name in place of its path."""
    return str(error_of(path)).replace(str(path), path.name) + "\n"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_message(path: Path, pytestconfig: pytest.Config) -> None:
    golden = path.with_suffix(".txt")
    message = message_of(path)
    if pytestconfig.getoption("update_golden", default=False):
        golden.write_text(message, encoding="utf-8")
    assert message == golden.read_text(encoding="utf-8")
