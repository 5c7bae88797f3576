"""What may be said of every member that a config names: its settings, right and wrong, its JSON Schema, its documentation."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass

import jsonschema
import pytest
from pydantic import ValidationError
from support.cases import DATASET_CASES, INITIALIZER_CASES, LAYER_CASES, OPTIMIZER_CASES, SCHEDULE_CASES
from support.kinds import NAME, NOT_NEGATIVE, Checker, Kind
from support.members import SettingsCase

from netcli.config.dump import plain
from netcli.datasets import DATASETS
from netcli.layers.initializers.initializer import INITIALIZERS
from netcli.layers.layer import LAYERS
from netcli.optimizers.optimizer import OPTIMIZERS
from netcli.optimizers.schedules.schedule import SCHEDULES
from netcli.settings import Family, Option


@dataclass(frozen=True)
class Described:
    """A family, its cases, and the settings that all its members have."""

    family: Family[Option]
    cases: Mapping[str, SettingsCase]
    common: Mapping[str, Kind]

    def settings(self, word: str) -> dict[str, Kind]:
        """All settings of a member."""
        return {**self.common, **self.cases[word].settings}

    @property
    def checker(self) -> Checker:
        """What checks them."""
        table = {word: self.settings(word) for word in self.cases}
        return Checker(self.family, table, {word: case.needed for word, case in self.cases.items()})


FAMILIES = {
    "layers": Described(LAYERS, LAYER_CASES, {"name": NAME}),
    "initializers": Described(INITIALIZERS, INITIALIZER_CASES, {}),
    "optimizers": Described(OPTIMIZERS, OPTIMIZER_CASES, {}),
    "schedules": Described(SCHEDULES, SCHEDULE_CASES, {"warmup_epochs": NOT_NEGATIVE}),
    "datasets": Described(DATASETS, DATASET_CASES, {}),
}
CHECKERS = {name: described.checker for name, described in FAMILIES.items()}
MEMBERS = [(name, word) for name, described in FAMILIES.items() for word in described.cases]
every_member = pytest.mark.parametrize(("family", "word"), MEMBERS)


@every_member
def test_the_case_has_every_setting(family: str, word: str) -> None:
    """No setting is left out, and every one is explained."""
    CHECKERS[family].check_table(word)


@pytest.mark.parametrize(
    ("family", "word", "name"), [(family, word, name) for family, word in MEMBERS for name in FAMILIES[family].settings(word)]
)
def test_setting(family: str, word: str, name: str) -> None:
    CHECKERS[family].check(word, name)


@every_member
def test_unknown_settings_are_refused(family: str, word: str) -> None:
    checker, needed = CHECKERS[family], FAMILIES[family].cases[word].needed
    checker.refuses(word, "colour", 3)
    assert not checker.validator.is_valid({word: {**needed, "colour": 3}})


@every_member
def test_a_single_value_is_the_main_setting(family: str, word: str) -> None:
    checker, case = CHECKERS[family], FAMILIES[family].cases[word]
    if case.main is None:
        # a member with a main setting says what else is missing
        with pytest.raises(ValidationError) as caught:
            checker.adapter.validate_python({word: 3})
        assert f'"{word}" takes no single value' in str(caught.value) or "missing" in {e["type"] for e in caught.value.errors()}
        assert not checker.validator.is_valid({word: 3})
        return
    name, value = case.main
    rest = {key: needed for key, needed in case.needed.items() if key != name}
    assert not rest, "a single value is all that is written, but it needs other settings too"
    short, long = {word: value}, {word: {name: value}}
    found = checker.adapter.validate_python(short)
    assert found == checker.adapter.validate_python(long)
    assert name in case.needed or found != checker.adapter.validate_python({word: {**case.needed}}), "the value is the default"
    assert checker.validator.is_valid(short)


@every_member
def test_a_name_alone_is_enough_unless_something_is_needed(family: str, word: str) -> None:
    checker, case = CHECKERS[family], FAMILIES[family].cases[word]
    accepted = True
    try:
        member = checker.adapter.validate_python(word)
    except ValidationError as error:
        accepted = False
        assert {item["type"] for item in error.errors()} == {"missing"}
    else:
        assert member == checker.adapter.validate_python({word: None}) == checker.adapter.validate_python({word: {}})
    assert accepted == (not case.needed) == checker.validator.is_valid(word)


@every_member
def test_settings_do_not_change(family: str, word: str) -> None:
    member = CHECKERS[family].adapter.validate_python({word: dict(FAMILIES[family].cases[word].needed)})
    for name in type(member).model_fields:
        with pytest.raises(ValidationError, match="frozen"):
            setattr(member, name, None)


@every_member
def test_what_is_written_out_is_read_again(family: str, word: str) -> None:
    """A run keeps its config resolved, with all defaults."""
    checker, case = CHECKERS[family], FAMILIES[family].cases[word]
    for name, kind in FAMILIES[family].settings(word).items():
        for value in kind.right:
            member = checker.adapter.validate_python({word: {**case.needed, name: value}})
            assert checker.adapter.validate_python(plain(member)) == member


@every_member
def test_documentation(family: str, word: str) -> None:
    """A first line that stands alone, more below it unless nothing else is to be said, and a sentence for each setting."""
    option = FAMILIES[family].family.members[word]
    first = inspect.cleandoc(option.__doc__ or "").splitlines()[0]
    assert first.endswith(".")
    assert first[0].isupper()
    for name, field in option.model_fields.items():
        assert field.description, f"{word}: {name} has no description"
        assert field.description.endswith((".", "…")), f"{word}: {name}: {field.description}"


@every_member
def test_json_schema(family: str, word: str) -> None:
    described = FAMILIES[family]
    schema = described.family.members[word].model_json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["additionalProperties"] is False
    assert set(schema.get("properties", {})) == set(described.settings(word))
    assert set(schema.get("required", [])) == set(described.cases[word].needed)
    assert all(setting["description"] for setting in schema.get("properties", {}).values())


@pytest.mark.parametrize("family", FAMILIES)
def test_json_schema_of_the_choice(family: str) -> None:
    jsonschema.Draft202012Validator.check_schema(CHECKERS[family].schema)
