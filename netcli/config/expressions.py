"""What stands for a value in the body of a block: `$name`, a setting, and `$(4 * filters)`, a whole number that is computed.

sum     = product (("+" | "-") product)*
product = factor (("*" | "//") factor)*
factor  = "-" factor | NUMBER | NAME | "(" sum ")"
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_NAME = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")
_TOKEN = re.compile(r"\s*(?:(?P<number>[0-9]+)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<sign>//|[-+*()]))")
#: Characters of an expression.
LONGEST = 200
#: Results of more digits than this are no setting of anything.
_MOST = 10**15


class ExpressionError(ValueError):
    """An expression that is none, or that has no value; `hint` is what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True)
class Expression:
    """A parsed `$name` or `$(…)`: its text, and the names in it in their order."""

    text: str
    names: tuple[str, ...]
    _tokens: tuple[str, ...]

    def value(self, known: Mapping[str, Any]) -> Any:
        """The value, all names being known. Raises ExpressionError: a name that is no whole number is computed with."""
        if self.text == f"${self.names[0] if self.names else ''}":
            return known[self.names[0]]
        return _Evaluation(self, known).value()


def expression(text: str) -> Expression | None:
    """The expression that a text is; None for a plain text. Raises ExpressionError for a text that is nearly one."""
    if "$" not in text:
        return None
    if len(text) > LONGEST:
        raise ExpressionError(f"an expression has at most {LONGEST} characters, found {len(text)}", "compute it in steps")
    if name := _NAME.fullmatch(text):
        return Expression(text, (name[1],), (name[1],))
    if not (text.startswith("$(") and text.endswith(")")):
        raise ExpressionError(f'"{text}" is no value', "write $name for a setting, or $(4 * name), alone in its place")
    tokens = _tokens(text, text[2:-1])
    found = Expression(text, tuple(dict.fromkeys(t for t in tokens if t[0].isalpha() or t[0] == "_")), tokens)
    _Evaluation(found, dict.fromkeys(found.names, 1)).value(parse_only=True)
    return found


def _tokens(text: str, inner: str) -> tuple[str, ...]:
    tokens, at = [], 0
    while inner[at:].strip():
        match = _TOKEN.match(inner, at)
        if match is None:
            raise ExpressionError(f'"{inner[at:].strip()[0]}" cannot stand in {text}', _ALLOWED)
        tokens.append(match[0].strip())
        at = match.end()
    return tuple(tokens)


_ALLOWED = "in $(…) stand names of settings, whole numbers, + - * // and parentheses"


class _Evaluation:
    """One way through the tokens."""

    def __init__(self, of: Expression, known: Mapping[str, Any]) -> None:
        self._of, self._known, self._left = of, known, list(of._tokens)
        self._parse_only = False

    def value(self, *, parse_only: bool = False) -> int:
        """The whole number. `parse_only`: whether there is one for these names is not asked."""
        self._parse_only = parse_only
        result = self._sum()
        if self._left:
            raise ExpressionError(f'"{self._left[0]}" is out of place in {self._of.text}', _ALLOWED)
        if abs(result) > _MOST:
            raise ExpressionError(f"{self._of.text} is a number of more than 15 digits", "compute a smaller one")
        return result

    def _sum(self) -> int:
        result = self._product()
        while self._next() in {"+", "-"}:
            result += self._product() if self._left.pop(0) == "+" else -self._product()
        return result

    def _product(self) -> int:
        result = self._factor()
        while self._next() in {"*", "//"}:
            if self._left.pop(0) == "*":
                result *= self._factor()
            else:
                result = self._divided(result, self._factor())
            result = max(min(result, 10 * _MOST), -10 * _MOST)
        return result

    def _divided(self, left: int, right: int) -> int:
        if right:
            return left // right
        if self._parse_only:
            return 0
        raise ExpressionError(f"{self._of.text} divides by 0", "divide by a number that is not 0")

    def _factor(self) -> int:
        first = self._left.pop(0) if self._left else ""
        if first == "-":
            return -self._factor()
        if first == "(":
            result = self._sum()
            if self._next() != ")":
                raise ExpressionError(f'a ")" is missing in {self._of.text}', _ALLOWED)
            self._left.pop(0)
            return result
        if first.isdigit():
            return int(first[:30])
        if first and (first[0].isalpha() or first[0] == "_"):
            return self._named(first)
        what = f'"{first}" is out of place' if first else "something is missing at the end"
        raise ExpressionError(f"{what} in {self._of.text}", _ALLOWED)

    def _named(self, name: str) -> int:
        value = self._known[name]
        if isinstance(value, bool) or not isinstance(value, int):
            raise ExpressionError(f"{name} is {value!r} in {self._of.text}", "only whole numbers can be computed with")
        return value

    def _next(self) -> str | None:
        return self._left[0] if self._left else None
