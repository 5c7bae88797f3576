"""Plain words for every mistake that the models can find, whatever settings are added to them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from netcli.config.hints import SYNONYMS
from netcli.config.model import Config
from netcli.config.words import expected
from netcli.layers.layer import LAYERS
from netcli.settings import FAMILIES

#: The kinds of mistake that pydantic's strict validators raise, by the type of schema; None: they raise none of their own.
RAISED: dict[str, tuple[str, ...]] = {
    "bool": ("bool_type",),
    "default": (),
    "definition-ref": (),
    "definitions": (),
    "dict": ("dict_type",),
    "float": ("float_type", "finite_number"),
    "function-after": (),
    "any": (),
    "function-before": (),
    "function-plain": (),
    "int": ("int_type",),
    "list": ("list_type",),
    "literal": ("literal_error",),
    "model": ("model_type",),
    "model-field": (),
    "model-fields": ("model_type",),
    "nullable": (),
    "str": ("string_type",),
    "tuple": ("tuple_type",),
    "union": (),
}
#: The kinds of mistake that a constraint raises, by its key in the schema.
CONSTRAINTS = {
    "ge": "greater_than_equal",
    "gt": "greater_than",
    "le": "less_than_equal",
    "lt": "less_than",
    "multiple_of": "multiple_of",
    "pattern": "string_pattern_mismatch",
    ("list", "max_length"): "too_long",
    ("list", "min_length"): "too_short",
    ("str", "max_length"): "string_too_long",
    ("str", "min_length"): "string_too_short",
    ("tuple", "max_length"): "too_long",
    ("tuple", "min_length"): "too_short",
}


def schemas(schema: Any) -> Iterator[dict[str, Any]]:
    """Every schema within a core schema."""
    if isinstance(schema, dict):
        if isinstance(schema.get("type"), str):
            yield schema
        for key, part in schema.items():
            if key not in {"metadata", "serialization", "function"}:
                yield from schemas(part)
    elif isinstance(schema, list | tuple):
        for part in schema:
            yield from schemas(part)


def every_schema() -> list[dict[str, Any]]:
    options = [option for family in FAMILIES.values() for option in family.members.values()]
    for settings in (Config, *options):
        settings.model_rebuild(force=True)
    return [found for settings in (Config, *options) for found in schemas(settings.__pydantic_core_schema__)]


def test_the_schema_is_walked() -> None:
    types = {schema["type"] for schema in every_schema()}
    assert {"model", "int", "float", "str", "bool", "list", "tuple", "literal", "dict"} <= types
    assert types <= set(RAISED), "a new type of schema: say above what it raises"


def test_every_mistake_of_a_type_has_words() -> None:
    for schema in every_schema():
        for kind in RAISED[schema["type"]]:
            assert expected(kind, {"expected": "'a'"}, None) is not None


def test_every_mistake_of_a_constraint_has_words() -> None:
    seen = set()
    for schema in every_schema():
        for key, value in schema.items():
            kind = CONSTRAINTS.get(key) or CONSTRAINTS.get((schema["type"], key))
            if kind is not None:
                seen.add(kind)
                words = expected(kind, {key: value}, None)
                assert words is not None
                assert key == "pattern" or f"{value:g}" in words or str(value) in words
    assert {"greater_than", "greater_than_equal", "less_than", "string_pattern_mismatch", "too_short"} <= seen


def test_patterns_are_told_in_words() -> None:
    patterns = {schema["pattern"] for schema in every_schema() if "pattern" in schema}
    assert len(patterns) >= 3
    for pattern in patterns:
        words = expected("string_pattern_mismatch", {"pattern": pattern}, None)
        assert words is not None
        assert pattern not in words, "say in words.py what the pattern stands for"


def test_a_rule_of_the_models_own_has_its_own_words() -> None:
    assert expected("needs_momentum", {}, None) is None


@pytest.mark.parametrize("word", SYNONYMS)
def test_synonyms_are_of_layers_that_exist(word: str) -> None:
    assert SYNONYMS[word].partition(":")[0] in LAYERS.members
    assert word not in LAYERS.members
