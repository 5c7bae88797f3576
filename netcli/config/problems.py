"""What is wrong with a config, in the order of the file: each mistake with its line, what was expected and what was found."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from netcli.config import hints
from netcli.config.findings import Finding, findings
from netcli.config.lines import found, quoted
from netcli.config.located import Located
from netcli.config.value_hints import for_value
from netcli.config.words import expected
from netcli.errors import Place, Problem
from netcli.settings import Family, Option, Settings


def problems(error: ValidationError, located: Located, root: type[Settings]) -> list[Problem]:
    """The mistakes that the models found in the data, in the order of the file; those in arguments come last."""
    return problems_in(error.errors(include_url=False), located, root)


def problems_in(details: Sequence[ErrorDetails], located: Located, root: type[Settings]) -> list[Problem]:
    """The same of some errors, whose locations begin at the root."""
    every = [_problem(group, located, root) for group in findings(details, located.data, root)]
    file = located.values[()].source
    return sorted(dict.fromkeys(every), key=lambda problem: _order(problem.place, file))


def _order(place: Place | None, file: str) -> tuple[bool, str, int, int]:
    assert place is not None, "every mistake has a place"
    return (place.source != file, place.source, place.line, place.column)


def _problem(group: Sequence[Finding], located: Located, root: type[Settings]) -> Problem:
    finding = group[0]
    match finding.kind:
        case "extra_forbidden":
            return _unknown_key(finding, located, root)
        case "missing":
            return _missing(group, located)
        case "choice_unknown":
            return _unknown_choice(finding, located)
        case "choice_form":
            return _form(finding, located)
    wanted = [words for words in (expected(each.kind, each.context, each.value) for each in group) if words is not None]
    if not wanted:  # a rule of the settings' own, which says what is wrong
        place = located.values[finding.at] if finding.expected is None else _key_place(finding, located)
        return Problem(finding.message, place)
    subject = f"{finding.key}: " if finding.key is not None else ""
    message = f"{subject}expected {', or '.join(dict.fromkeys(wanted))}, found {found(finding.value)}"
    return Problem(message, located.values[finding.at], for_value(group))


def _key_place(finding: Finding, located: Located) -> Place:
    """Where the key stands that leads to the finding; in a list, where the entry does."""
    return located.keys.get(finding.at, located.values[finding.at])


def _owner(finding: Finding) -> str | None:
    """What the settings around the finding are of: the word of an option, the name of a section; None at the root."""
    if isinstance(finding.around, type) and issubclass(finding.around, Option):
        return finding.around.word
    return str(finding.names[-2]) if len(finding.names) > 1 else None


def _unknown_key(finding: Finding, located: Located, root: type[Settings]) -> Problem:
    key, owner = str(finding.at[-1]), _owner(finding)
    message = f"unknown key {quoted(key)}" + (f" in {owner}" if owner else "")
    return Problem(message, located.keys[finding.at], hints.for_key(finding, located.data, root))


def _missing(group: Sequence[Finding], located: Located) -> Problem:
    finding, owner = group[0], _owner(group[0])
    last = finding.names[-1]
    if isinstance(last, int):
        message = f"{finding.key}: expected a list of {last + 1} or more, found {found(finding.value)}"
        return Problem(message, located.values[finding.at])
    keys = " and ".join(f'"{each.key}"' for each in group)
    hint = hints.for_missing(finding.around)
    return Problem(f"{owner or 'the config'} needs {keys}", _key_place(finding, located), hint)


def _unknown_choice(finding: Finding, located: Located) -> Problem:
    word = finding.context["word"]
    message = f"unknown {finding.context['kind']} {quoted(word)}"
    place = located.keys.get((*finding.at, word), located.values[finding.at])
    return Problem(message, place, hints.for_choice(finding))


def _form(finding: Finding, located: Located) -> Problem:
    if isinstance(finding.expected, Family):
        message = f"expected the name of one {finding.expected.kind}, found {found(finding.value)}"
        return Problem(message, located.values[finding.at], hints.for_form(finding))
    message = f"{finding.key} takes no single value, found {found(finding.value)}"
    return Problem(message, located.values[finding.at], hints.settings_of(finding.expected))
