"""What was expected, in plain words, for each kind of mistake that the models can find.

The keys are pydantic's error types; in braces stand values of the error's context. A test walks the schema of the config
and holds this table against every type of error that it can raise.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_EXPECTED = {
    "bool_type": "true or false",
    "dict_type": "a mapping",
    "finite_number": "a finite number",
    "float_type": "a number",
    "greater_than": "a number greater than {gt}",
    "greater_than_equal": "a number of at least {ge}",
    "int_type": "a whole number",
    "less_than": "a number less than {lt}",
    "less_than_equal": "a number of at most {le}",
    "list_type": "a list",
    "literal_error": "{expected}",
    "model_type": "a mapping of settings",
    "multiple_of": "a multiple of {multiple_of}",
    "string_pattern_mismatch": "{pattern}",
    "string_too_long": "a text of length {max_length} at most",
    "string_too_short": "a text of length {min_length} or more",
    "string_type": "a text",
    "too_long": "a list of {max_length} or fewer",
    "too_short": "a list of {min_length} or more",
    "tuple_type": "a list of numbers",
}

_PATTERNS = {
    r"^[A-Za-z0-9_.-]+$": "a name of letters, digits, _, . and -",
    r"^[A-Za-z0-9][A-Za-z0-9._-]*$": "a name of letters, digits, ., _ and -, with a letter or digit first",
    r'^[^"\r\n\x00]$': "one character, no quote and no line break",
    r"^[^\x00]+$": "a path",
}


def expected(kind: str, context: Mapping[str, Any], value: Any) -> str | None:
    """What the mistake `kind` about `value` misses; None if it is none of pydantic's, but a rule of the models' own."""
    template = _EXPECTED.get(kind)
    if kind == "tuple_type" and not isinstance(value, int | float):
        template = f"a number or {template}"  # the models take one number for a pair of equal ones
    if template is None:
        return None
    return template.format_map({name: _shown(each) for name, each in context.items()})


def _shown(value: Any) -> str:
    if value in _PATTERNS:
        return _PATTERNS[value]
    if isinstance(value, float):
        return f"{value:g}"
    return str(value).replace("'", '"')
