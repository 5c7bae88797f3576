"""Advice for values of the wrong kind: a number in quotes, yes for true, a list without its dashes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from netcli.config.findings import Finding
from netcli.settings import nearest

_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")
_NUMERIC = {"int_type", "float_type", "tuple_type"}
_YES, _NO = {"yes", "on", "y", "true", "1"}, {"no", "off", "n", "false", "0"}


def for_value(group: Sequence[Finding]) -> str | None:
    """What to do about a value that is of none of the kinds that may stand there; None where the message says it all."""
    kinds = {finding.kind for finding in group}
    value = group[0].value
    if value is None:
        return _nothing(kinds)
    if isinstance(value, str):
        choices = [word for finding in group for word in re.findall("'([^']*)'", str(finding.context.get("expected")))]
        close = nearest(value, choices)
        return f'did you mean "{close}"?' if close else _text(kinds, value)
    if isinstance(value, list | dict):
        return _collection(kinds, value)
    return _scalar(kinds, value)


def _nothing(kinds: set[str]) -> str:
    if "model_type" in kinds:
        return "indent its settings below it, or remove the key"
    return "write a value after the key, or remove the key"


def _text(kinds: set[str], text: str) -> str | None:
    """For a text where something else is meant."""
    word = text.strip().lower()
    if "bool_type" in kinds and word in _YES | _NO:
        return f"remove the quotes: {word}" if word in {"true", "false"} else f"write {str(word in _YES).lower()}"
    if kinds & _NUMERIC:
        return _number(text.strip())
    if "model_type" in kinds and ":" in text:
        return 'put a space after each ":"'
    if "list_type" in kinds:
        return 'write each entry on a line of its own, with "- " before it'
    return None


def _number(text: str) -> str | None:
    """For a text that looks like a number."""
    if _NUMBER.fullmatch(text):
        return f"remove the quotes: {text}"
    if re.fullmatch(r"[-+]?\d[\d_]*", text):
        return f"write it without underscores: {text.replace('_', '')}"
    if re.fullmatch(r"[-+]?\d+,\d+", text):
        return f"write a decimal point: {text.replace(',', '.')}"
    percent = re.fullmatch(r"(\d+(\.\d*)?)\s*%", text)
    if percent:
        return f"write a share of 1: {float(percent[1]) / 100:g}"
    return "where no value is meant, write null" if text.lower() == "none" else None


def _collection(kinds: set[str], value: Any) -> str | None:
    if "list_type" in kinds and isinstance(value, dict):
        return 'put "- " before each entry'
    if "model_type" in kinds and isinstance(value, list):
        return 'remove the "- " before its keys'
    return None


def _scalar(kinds: set[str], value: Any) -> str | None:
    """For a number, true or false where something else is meant."""
    if "bool_type" in kinds and value in {0, 1}:
        return f"write {str(bool(value)).lower()}"
    if "int_type" in kinds and isinstance(value, float) and value.is_integer():
        return f"write {int(value)}"
    if "string_type" in kinds:
        return "put the value in quotes, to make a text of it"
    return None
