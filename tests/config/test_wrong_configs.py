"""Wrong configs and what netcli says of them: wrong/NAME.yaml and the whole message in wrong/NAME.txt.

Lines `# argument: KEY=VALUE` in a file are the overrides that it is loaded with. The messages were read and found good;
`pytest tests/config --update-golden` writes them anew.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from netcli.config.load import load
from netcli.errors import ConfigError, UsageError
from netcli.layers.layer import LAYERS
from netcli.optimizers.optimizer import OPTIMIZERS

WRONG = Path(__file__).parent / "wrong"
FILES = sorted(WRONG.glob("*.yaml"))
HEAD = re.compile(r"^(?P<source>\w+\.yaml|argument [^\n]+):(?P<line>\d+):(?P<column>\d+): error: \S")
EXCERPT = re.compile(r"^ *(?P<line>\d+) \|(?: (?P<text>.*))?\n +\| (?P<blank> *)\^$", flags=re.MULTILINE)


def text_of(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "replace")


def arguments_of(path: Path) -> list[str]:
    """The overrides that the file is loaded with."""
    return re.findall(r"^# argument: (.*)$", text_of(path), flags=re.MULTILINE)


def without_members(message: str) -> str:
    """The message without the lists of all layers or optimizers, so that one more of them changes no file here."""
    message = re.sub(r"known are: \w+(,\s+\w+)*", "known are: …", message)
    return re.sub(r"is a setting of \w+(, \w+)*", "is a setting of …", message)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_message(path: Path, pytestconfig: pytest.Config) -> None:
    golden = path.with_suffix(".txt")
    with pytest.raises((ConfigError, UsageError)) as caught:
        load(path, arguments_of(path))
    message = without_members(str(caught.value).replace(str(path), path.name)) + "\n"
    if pytestconfig.getoption("update_golden", default=False):
        golden.write_text(message, encoding="utf-8")
    assert message == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", [path for path in FILES if "argument_no_" not in path.stem], ids=lambda path: path.stem)
def test_message_shows_the_place(path: Path) -> None:
    """Each mistake has file:line:column, that very line of the file, and a caret under that column."""
    message = path.with_suffix(".txt").read_text(encoding="utf-8")
    heads = [match for line in message.splitlines() if (match := HEAD.match(line))]
    excerpts = list(EXCERPT.finditer(message))
    assert heads
    assert len(heads) == len(excerpts)
    for head, excerpt in zip(heads, excerpts, strict=True):
        written = head["source"].removeprefix("argument ")
        if head["source"] == path.name:
            written = text_of(path).splitlines()[int(head["line"]) - 1] if text_of(path) else ""
        assert excerpt["line"] == head["line"]
        if len(written) <= 120 and written.isascii() and written.isprintable():
            assert (excerpt["text"] or "") == written.rstrip()
            assert len(excerpt["blank"]) == int(head["column"]) - 1


def test_all_names_to_choose_from_are_listed() -> None:
    with pytest.raises(ConfigError) as caught:
        load(WRONG / "unknown_layer_far_from_all.yaml")
    hint = caught.value.problems[0].hint or ""
    assert re.findall(r"\w+", hint.removeprefix("known are:")) == list(LAYERS.members)
    assert max(map(len, hint.splitlines())) <= 100
    with pytest.raises(ConfigError) as caught:
        load(WRONG / "misplaced_lr_as_optimizer.yaml")
    assert f'"lr" is a setting of {", ".join(OPTIMIZERS.members)}: ' in (caught.value.problems[0].hint or "")


def test_mistakes_stand_in_the_order_of_the_file() -> None:
    message = (WRONG / "several.txt").read_text(encoding="utf-8")
    places = [tuple(map(int, place)) for place in re.findall(r"^several\.yaml:(\d+):(\d+)", message, flags=re.MULTILINE)]
    assert len(places) == 10
    assert places == sorted(places)


def test_every_message_belongs_to_a_file() -> None:
    assert {path.stem for path in WRONG.glob("*.txt")} == {path.stem for path in FILES}
    assert len(FILES) > 100
