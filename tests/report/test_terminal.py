"""What goes to a pipe, to a terminal and to everything between."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from io import BytesIO, StringIO, TextIOWrapper

import pytest

from netcli.report.table import Column, Table
from netcli.report.terminal import Abilities, Output, abilities
from netcli.report.text import Line, Styled

TABLE = Table("title", (Column("a"), Column("b", "right")), (("x", Styled("1", "bad")), ("×", "22")))
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")

ABILITIES = [
    ("a pipe", False, {}, Abilities(False, False, False, False)),
    ("a pipe with forced colours", False, {"FORCE_COLOR": "1"}, Abilities(False, False, True, True)),
    ("forced and forbidden", False, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, Abilities(False, False, False, False)),
    ("a terminal", True, {"TERM": "xterm-256color"}, Abilities(True, True, True, True)),
    ("no colour", True, {"TERM": "xterm", "NO_COLOR": "1"}, Abilities(True, True, True, False)),
    ("an empty NO_COLOR", True, {"TERM": "xterm", "NO_COLOR": ""}, Abilities(True, True, True, True)),
    ("dumb", True, {"TERM": "dumb"}, Abilities(True, False, False, False)),
    ("dumb with forced colours", True, {"TERM": "dumb", "FORCE_COLOR": "1"}, Abilities(True, False, True, True)),
    ("continuous integration", True, {"TERM": "xterm", "CI": "true"}, Abilities(True, False, True, True)),
    ("CI switched off", True, {"TERM": "xterm", "CI": "false"}, Abilities(True, True, True, True)),
    ("a notebook", True, {"TERM": "xterm", "JPY_PARENT_PID": "7"}, Abilities(True, False, True, True)),
]


@pytest.mark.parametrize(("terminal", "environment", "able"), [row[1:] for row in ABILITIES], ids=[row[0] for row in ABILITIES])
def test_abilities(terminal: bool, environment: dict[str, str], able: Abilities) -> None:
    assert abilities(terminal, environment) == able


def test_a_pipe_gets_plain_text() -> None:
    stream = StringIO()
    output = Output.of(stream, {})
    output.line("a line", "bad")
    output.line()
    output.table(TABLE)
    assert stream.getvalue() == "a line\n\ntitle\na   b\n─────\nx   1\n×  22\n"
    assert output.width is None


def test_an_ascii_stream_gets_ascii() -> None:
    written = BytesIO()
    with TextIOWrapper(written, encoding="ascii", errors="strict") as stream:
        Output.of(stream, {}).table(TABLE)
        shown = written.getvalue()
    assert shown == b"title\na   b\n-----\nx   1\nx  22\n"


def test_forced_colours_in_a_pipe_move_no_cursor() -> None:
    stream = StringIO()
    output = Output.of(stream, {"FORCE_COLOR": "1"})
    output.line("a line", "good")
    output.table(TABLE)
    codes = ESCAPE.findall(stream.getvalue())
    assert codes
    assert all(code.endswith("m") for code in codes)
    assert ESCAPE.sub("", stream.getvalue()) == "a line\ntitle\na   b\n─────\nx   1\n×  22\n"
    assert not output.live


def test_markup_and_numbers_in_a_text_stay_as_they_are() -> None:
    stream = StringIO()
    Output.of(stream, {"FORCE_COLOR": "1"}).line("[bold]layer[/bold] :smile: 12 \x1b[2J " + "wide " * 60)
    assert stream.getvalue() == "[bold]layer[/bold] :smile: 12 \\x1b[2J " + "wide " * 60 + "\n"


class Terminal:
    """A pseudo-terminal whose output is collected by a thread."""

    def __init__(self) -> None:
        self._reader, writer = os.openpty()
        self.stream = os.fdopen(writer, "w", encoding="utf-8")
        self._seen: list[bytes] = []
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        try:
            while data := os.read(self._reader, 65536):
                self._seen.append(data)
        except OSError:  # how Linux says that the other end is closed
            return

    def text(self) -> str:
        """Everything that was written; closes the terminal."""
        self.stream.close()
        self._thread.join(timeout=5)
        os.close(self._reader)
        return b"".join(self._seen).decode()


def test_a_live_area_is_drawn_under_the_lines_and_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "90")
    monkeypatch.setenv("LINES", "30")
    terminal = Terminal()
    output = Output.of(terminal.stream, {"TERM": "xterm"})
    sizes: list[tuple[int, int]] = []

    def draw(width: int, height: int) -> list[Line]:
        sizes.append((width, height))
        return [("area ", Styled("of two", "good")), ("lines",)]

    output.animate(draw)
    output.line("above")
    output.still()
    output.still()
    output.line("after")
    text = terminal.text()
    assert sizes
    assert set(sizes) == {(90, 30)}
    assert "area" in text
    assert text.index("\x1b[?25l") < text.index("above") < text.index("\x1b[?25h") < text.index("after")
    drawn_last = text[text.rindex("above") :]
    assert drawn_last.count("\x1b[2K") >= 2  # both lines of the area are wiped


def test_a_live_area_needs_a_live_output() -> None:
    with pytest.raises(AssertionError, match="not live"):
        Output.of(StringIO(), {}).animate(lambda width, height: [])


def test_a_closed_pipe_is_an_error_that_the_command_line_can_end_with() -> None:
    script = (
        "import sys\n"
        "from netcli.report.terminal import Output, leave\n"
        "try:\n"
        "    for number in range(100000): Output.of(sys.stdout, {}).line('line')\n"
        "except BrokenPipeError:\n"
        "    leave(sys.stdout)\n"
        "    sys.exit(141)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"line\n"
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=30) == 141


def test_plain_output_does_not_load_rich() -> None:
    script = (
        "import sys, netcli.report.training\n"
        "from netcli.report.terminal import Output\n"
        "Output.of(sys.stdout, {}).line('line')\n"
        "assert not any(name.split('.')[0] == 'rich' for name in sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, stdout=subprocess.PIPE)
