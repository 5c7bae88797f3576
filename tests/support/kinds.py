"""Kinds of settings: values that are right, values that are wrong, and values that only the loader can refuse.

What a JSON Schema cannot tell (numbers that are not finite, the order of two numbers) is `unseen` by it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter, ValidationError

from netcli.config.schema import schema
from netcli.settings import Choice, Family

NOT_FINITE = (math.inf, -math.inf, math.nan)


@dataclass(frozen=True)
class Kind:
    """Values of a setting."""

    right: tuple[Any, ...]
    wrong: tuple[Any, ...]
    unseen: tuple[Any, ...] = ()


NATURAL = Kind((1, 7), (0, -1, 1.5, "3", True, None, [1], {}))
PAIR = Kind((1, 3, [3, 5]), (0, -2, [0, 1], [2, -1], [1], [1, 2, 3], 1.5, [1.5, 2], "3", True, [True, 1], None, {}))
PAIR_OR_ZERO = Kind((0, 2, [0, 1]), (-1, [0, -1], [1], [1, 2, 3], 1.5, True, None, "same"))
PADDING = Kind(("same", "valid", 0, 2, [0, 1]), ("full", "SAME", -1, [0, -1], [1], [1, 2, 3, 4], 1.5, True, None, {"rows": 1}))
CONV_PADDING = Kind((*PADDING.right, "reflect"), PADDING.wrong)
SHARE = Kind((0, 0.0, 0.25, 0.999), (-0.1, 1, 1.0, 2.5, "0.5", True, None, [0.5]), NOT_FINITE)
FRACTION = Kind((0, 0.5, 1, 1.0), (-0.1, 1.1, "0.5", True, None), NOT_FINITE)
FRACTION_ABOVE_0 = Kind((1e-6, 0.5, 1, 1.0), (0, 0.0, -0.1, 1.1, "0.5", True, None), NOT_FINITE)
BETWEEN_0_AND_1 = Kind((1e-6, 0.5), (0, 1, 1.0, -0.1, 1.1, "0.5", True, None), NOT_FINITE)
POSITIVE = Kind((1e-12, 2, 3.5), (0, 0.0, -1.0, "1", True, None, [1.0]), NOT_FINITE)
NOT_NEGATIVE = Kind((0, 0.0, 2, 3.5), (-1e-9, -1, "1", True, None), NOT_FINITE)
NUMBER = Kind((-2.5, 0, 3), ("1", True, None, [1.0]), NOT_FINITE)
FLAG = Kind((True, False), (0, 1, "true", "yes", None, 1.0))
NAME = Kind(("a", "conv-1_.X", "x" * 60, None), ("", "a b", "a/b", "é", "x" * 61, 3, True, ["a"]), ("a\n",))
LAYER_NAME = Kind(tuple(name for name in NAME.right if name is not None), (*NAME.wrong, None), NAME.unseen)
STACK_OR_NONE = Kind(
    ([], ["relu"], [{"dense": 3}, {"relu": None}], [{"residual": [{"repeat": {"times": 2, "layers": ["tanh"]}}]}]),
    (
        "relu",
        3,
        None,
        {"dense": 3},
        ["rely"],
        [{"dense": -1}],
        [["relu"]],
        [{"residual": ["rely"]}],
        [{"dense": 3, "relu": None}],
    ),
)
STACK = Kind(tuple(stack for stack in STACK_OR_NONE.right if stack), (*STACK_OR_NONE.wrong, []))
INIT = Kind(
    (None, "he", {"normal": 0.1}, {"normal": None}, {"constant": 1}, {"uniform": {"low": 0, "high": 1}}),
    (
        "hee",
        "constant",
        "",
        3,
        {"normal": 0},
        {"constant": "x"},
        {"he": 1},
        {"he": {"x": 1}},
        {"he": {}, "zeros": {}},
        {},
        ["he"],
    ),
    ({"uniform": {"low": 1, "high": 0}}, {"constant": float("nan")}),
)


def or_none(kind: Kind) -> Kind:
    """The same, where nothing may be said as well."""
    return Kind((None, *kind.right), tuple(value for value in kind.wrong if value is not None), kind.unseen)


#: What a loss of values compares with.
TARGET = Kind(("data", "input"), ("output", "", 1, True, None))

#: The settings of every layer that has weights, and of every one that looks through windows.
WEIGHTS = {"bias": FLAG, "init": INIT, "bias_init": INIT, "weight_decay": or_none(NOT_NEGATIVE), "l1": or_none(NOT_NEGATIVE)}
WINDOW = {"size": PAIR, "stride": or_none(PAIR), "padding": PADDING}


#: The settings of each member of a family, by its word.
Table = Mapping[str, Mapping[str, Kind]]


class Checker:
    """A family's members as they are written, checked by the loader's models and by their JSON Schema."""

    def __init__(self, family: Family[Any], table: Table, needed: Mapping[str, Mapping[str, Any]]) -> None:
        """`needed` are the settings that a member cannot do without."""
        self.family, self.table, self.needed = family, table, needed
        self.adapter: TypeAdapter[Any] = TypeAdapter(Annotated[family.base, Choice(family)])
        name = family.kind.replace(" ", "_")
        self.schema = {"$ref": f"#/$defs/{name}", "$defs": schema()["$defs"]}
        self.validator = Draft202012Validator(self.schema)

    def check_table(self, word: str) -> None:
        """The table has every setting of the member, and no other."""
        assert set(self.table[word]) == set(self.family.members[word].model_fields)

    def check(self, word: str, name: str) -> None:
        """All right values of a setting are taken, all wrong ones are refused."""
        kind = self.table[word][name]
        for value in kind.right:
            written = self._written(word, name, value)
            self.adapter.validate_python(written)
            assert self.validator.is_valid(written), f"the schema refuses {written}"
        for value in (*kind.wrong, *kind.unseen):
            self.refuses(word, name, value)
        for value in kind.wrong:
            assert not self.validator.is_valid(self._written(word, name, value)), f"the schema takes {word}: {name}: {value!r}"

    def refuses(self, word: str, name: str, value: Any) -> None:
        """The loader refuses the value and says which setting it is, or which member where two settings do not go together."""
        written = self._written(word, name, value)
        with pytest.raises(ValidationError) as caught:
            self.adapter.validate_python(written)
            pytest.fail(f"{written} was taken")
        for error in caught.value.errors():
            assert error["loc"] == (word,) or error["loc"][:2] == (word, name), caught.value

    def _written(self, word: str, name: str, value: Any) -> Any:
        return {word: {**self.needed.get(word, {}), name: value}}
