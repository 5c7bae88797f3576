"""Mistakes of YAML's syntax in plain words.

The parser says what its grammar missed ("did not find expected key"); a person needs to know what they wrote: a quote
that is never closed, a tab, a line indented too far. Each rule here looks at the line where the parser stopped.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import yaml

from netcli.config.lines import Lines, quoted
from netcli.errors import Place, Problem


@dataclass(frozen=True)
class _Stop:
    """Where the parser stopped, and where the thing began that it was reading."""

    lines: Lines
    place: Place
    began: Place

    @property
    def before(self) -> str:
        """The line up to the place."""
        return (self.place.text or "")[: self.place.column - 1]

    @property
    def after(self) -> str:
        """The line from the place on."""
        return (self.place.text or "")[self.place.column - 1 :]

    @property
    def opener(self) -> str:
        """The character with which the thing began."""
        return (self.began.text or "")[self.began.column - 1 : self.began.column]


def explain(error: yaml.MarkedYAMLError, lines: Lines) -> Problem:
    """What is wrong, where, and what to do, for an error of the parser or the composer."""
    mark = error.problem_mark or error.context_mark
    place = lines.place(mark.line, mark.column) if mark else lines.end()
    began = lines.place(error.context_mark.line, error.context_mark.column) if error.context_mark else place
    said, during = error.problem or "", error.context or ""
    tab = _indenting_tab(place)
    if tab and "quoted" not in during:
        return Problem("this line is indented with a tab", tab, "indent with spaces; YAML takes no tabs for it")
    rule = _RULES.get(said)
    if rule:
        return rule(_Stop(lines, place, began))
    return Problem(f"this is not valid YAML: {during}{', ' if during else ''}{said}", place)


def _indenting_tab(place: Place) -> Place | None:
    """The first tab among the blanks that begin the line."""
    text = place.text or ""
    column = text.find("\t", 0, len(text) - len(text.lstrip()))
    return Place(place.source, place.line, column + 1, text) if column >= 0 else None


_SPACE = 'put a space after the "-"'


def _colon(stop: _Stop) -> Problem:
    if re.search(r":\s", stop.before):
        hint = "write a mapping on one line in braces, as in conv: {filters: 8}; put a text that holds a colon in quotes"
        return Problem('a second ":" cannot stand in one value', stop.place, hint)
    if re.match(r"\s*-\w", stop.before):
        return Problem('a ":" cannot stand here', stop.place, _SPACE)
    above = next((line for line in reversed(stop.lines.lines[: stop.place.line - 1]) if line.strip()), "")
    if re.fullmatch(r"\s*(- )?\w+\s*", above):
        return Problem('a ":" cannot stand here', stop.place, f'the line above lacks its ":": write {above.strip()}:')
    hint = "the line is indented below one that has a value already: line the two up, or remove that value"
    return Problem('a ":" cannot stand here', stop.place, hint)


def _colon_missing(stop: _Stop) -> Problem:
    return Problem('this line has no ":"', stop.began, 'write key: value, or "- " before an entry of a list')


def _key(stop: _Stop) -> Problem:
    first = stop.after[:1]
    if first and first in "]}":
        return Problem(f'this "{first}" closes nothing', stop.place, "remove it, or add the bracket that it should close")
    if re.search(r"""["']\s*$""", stop.before):
        hint = "quotes go around a whole value; a ' within '…' is written twice"
        return Problem("there is text after the closing quote", stop.place, hint)
    began = f"the mapping that begins on line {stop.began.line}"
    if stop.before.strip():
        return Problem(
            "the value on this line has ended before this",
            stop.place,
            "remove the rest of the line, or put the whole value in quotes",
        )
    if re.match(r"-(\s|$)", stop.after):
        return Problem(
            f"a list entry stands within {began}",
            stop.place,
            "give the list a key of its own, or move the entry into its list",
        )
    hint = f"line it up with one of the keys above; {began} has its keys in column {stop.began.column}"
    return Problem("this line's indentation fits no line above it", stop.place, hint)


def _entry(stop: _Stop) -> Problem:
    begun = f"the list began on line {stop.began.line} in column {stop.began.column}"
    hint = _SPACE if stop.after.startswith("-") else f"{begun}; a key that is not part of it stands further left"
    return Problem('an entry of a list is expected here, with "- " before it', stop.place, hint)


def _separator(stop: _Stop) -> Problem:
    closer = {"{": "}", "[": "]"}.get(stop.opener, "]")
    if stop.after.startswith("{") and stop.before.endswith("$"):
        return Problem('"${" cannot stand here', stop.place, "write $name, or $(4 * name), without braces")
    if stop.place.line != stop.began.line or not stop.after.strip():
        return Problem(f'this "{stop.opener}" is not closed', stop.began, f'add "{closer}", or a "," between its entries')
    return Problem(
        f'expected "," or "{closer}" here',
        stop.place,
        f'the "{stop.opener}" that it is in stands in column {stop.began.column}',
    )


def _content(stop: _Stop) -> Problem:
    if stop.after[:1]:
        return Problem(
            f"a value is expected before {quoted(stop.after[:1])}",
            stop.place,
            "write the value, or put the text in quotes",
        )
    return Problem("the file ends where a value is expected", stop.lines.end(), "a bracket may not be closed")


def _quote(stop: _Stop) -> Problem:
    return Problem("this quote is not closed", stop.began, f"add {stop.opener} at the end of the text")


def _escape(stop: _Stop) -> Problem:
    hint = "in double quotes a backslash begins an escape: write it twice, or use single quotes"
    text = stop.place.text or ""
    column = text.rfind("\\", 0, stop.place.column)
    place = Place(stop.place.source, stop.place.line, column + 1, text)
    return Problem(f"{quoted(text[column : column + 2])} is not a valid escape", place, hint)


def _token(stop: _Stop) -> Problem:
    return Problem(f"a value cannot begin with {quoted(stop.after[:1])}", stop.place, "put the value in quotes")


def _alias(stop: _Stop) -> Problem:
    hint = "* repeats a value that & named further up; a text that begins with * needs quotes"
    return Problem("the name after * is not defined", stop.place, hint)


def _twice(stop: _Stop) -> Problem:
    return Problem(
        "this name after & is taken", stop.place, f"line {stop.began.line} gave it to another value; choose a new name"
    )


def _list(stop: _Stop) -> Problem:
    hint = "begin the list on the next line, or write it in brackets: [a, b]"
    return Problem("a list cannot begin on the line of its key", stop.place, hint)


def _question(stop: _Stop) -> Problem:
    return Problem('a value cannot begin with "? "', stop.place, "put the value in quotes")


def _document(stop: _Stop) -> Problem:
    return Problem(
        "there is text after the end of the config",
        stop.place,
        "remove it, or the brackets or dots that end the config",
    )


def _name(stop: _Stop) -> Problem:
    hint = "& names a value and * repeats it; a text that begins with one of them needs quotes"
    return Problem("a name of letters and digits is expected here", stop.place, hint)


_RULES: dict[str, Callable[[_Stop], Problem]] = {
    "mapping values are not allowed in this context": _colon,
    "could not find expected ':'": _colon_missing,
    "did not find expected key": _key,
    "did not find expected '-' indicator": _entry,
    "did not find expected ',' or ']'": _separator,
    "did not find expected ',' or '}'": _separator,
    "did not find expected node content": _content,
    "found unexpected end of stream": _quote,
    "found unexpected document indicator": _quote,
    "found unknown escape character": _escape,
    "found invalid Unicode character escape code": _escape,
    "found character that cannot start any token": _token,
    "did not find expected hexdecimal number": _escape,
    "found undefined alias": _alias,
    "second occurrence": _twice,
    "block sequence entries are not allowed in this context": _list,
    "mapping keys are not allowed in this context": _question,
    "did not find expected <document start>": _document,
    "did not find expected alphabetic or numeric character": _name,
}
