"""The JSON Schema for editors: it accepts what the loader accepts, and refuses what is wrong by structure."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from netcli.config.dump import dump
from netcli.config.load import load
from netcli.config.located import locate
from netcli.config.schema import schema
from netcli.errors import ConfigError
from netcli.layers.layer import LAYERS
from netcli.optimizers.optimizer import OPTIMIZERS

HERE = Path(__file__).parent
RIGHT = sorted((HERE / "right").glob("*.yaml")) + sorted((HERE.parents[1] / "configs").rglob("*.yaml"))

#: What JSON Schema has no words for: 10.0 is an integer to it, infinity a number, settings do not depend on each other.
BEYOND = {"optimizer_rule", "range_not_finite", "type_whole_number"}


@cache
def parsed_wrong() -> list[Path]:
    """The wrong configs that are YAML, and wrong without an override."""
    paths = []
    for path in sorted((HERE / "wrong").glob("*.yaml")):
        try:
            locate(path.read_text(encoding="utf-8"), path.name)
        except (ConfigError, UnicodeDecodeError):
            continue
        if "# argument" not in path.read_text(encoding="utf-8") and path.stem not in BEYOND:
            paths.append(path)
    return paths


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    return Draft202012Validator(schema())


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(schema())
    assert schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema()["required"] == ["data", "model"]


@pytest.mark.parametrize("path", RIGHT, ids=lambda path: path.stem)
def test_right_configs_are_accepted(path: Path) -> None:
    resolved = dump(load(path).config)
    validator = Draft202012Validator(schema())  # with the blocks of the config that was read
    for text in (path.read_text(encoding="utf-8"), resolved):
        errors = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(locate(text, path.name).data)]
        assert errors == []


@pytest.mark.parametrize("path", parsed_wrong(), ids=lambda path: path.stem)
def test_wrong_configs_are_refused(path: Path, validator: Draft202012Validator) -> None:
    assert not validator.is_valid(locate(path.read_text(encoding="utf-8"), path.name).data)


def test_there_are_wrong_configs_to_refuse() -> None:
    assert len(parsed_wrong()) > 60


def mappings(part: Any) -> Iterator[dict[str, Any]]:
    """Every mapping of settings, and of names to choose from, in a schema."""
    if isinstance(part, dict):
        if isinstance(part.get("properties"), dict):
            yield part
        for inner in part.values():
            yield from mappings(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from mappings(inner)


def test_every_setting_and_every_choice_is_explained() -> None:
    """Editors show the description; it is the docstring under the field, or the first line of the class's."""
    found = list(mappings(schema()))
    assert len(found) > 30
    missing = [
        f"{mapping.get('title')}: {key}"
        for mapping in found
        for key, setting in mapping["properties"].items()
        if not setting.get("description")
    ]
    assert missing == []


@pytest.mark.parametrize("word", sorted(LAYERS.members))
def test_every_layer_can_be_written_by_its_name_alone_unless_it_needs_a_setting(
    word: str, validator: Draft202012Validator
) -> None:
    needs = [name for name, field in LAYERS.members[word].model_fields.items() if field.is_required()]
    data = {"data": {"dataset": "digits"}, "model": {"layers": [word]}}
    assert validator.is_valid(data) is not bool(needs)


def test_every_optimizer_is_known(validator: Draft202012Validator) -> None:
    base = {"data": {"dataset": "digits"}, "model": {"layers": ["mse"]}}
    for word in OPTIMIZERS.members:
        assert validator.is_valid(base | {"train": {"optimizer": {word: {"lr": 0.1}}}})
    assert not validator.is_valid(base | {"train": {"optimizer": {"none": {"lr": 0.1}}}})


@pytest.mark.parametrize(
    ("body", "accepted"),
    [
        ([{"conv": "$filters"}], True),
        ([{"conv": {"filters": "$(4 * filters)", "kernel": [3, "$filters"], "bias": "$bias"}}], True),
        ([{"residual": [{"conv": {"filters": "$filters", "padding": "same"}}]}], True),
        ([{"repeat": {"times": "$filters", "layers": ["relu"]}}], True),
        ([{"conv": {"filters": "filters"}}], False),
        ([{"conv": {"filters": "$4"}}], False),
        ([{"conv": {"filtres": "$filters"}}], False),
        ([{"residual": [{"conv": {"filters": "$filters", "padding": "some"}}]}], False),
    ],
    ids=str,
)
def test_the_body_of_a_block_is_known_too(body: list[Any], accepted: bool, validator: Draft202012Validator) -> None:
    """There an expression may stand for any value, outside for none."""

    def config(body: list[Any], layers: list[Any]) -> dict[str, Any]:
        blocks = {"some": {"settings": {"filters": "required", "bias": False}, "layers": body}}
        return {"data": {"dataset": "digits"}, "model": {"blocks": blocks, "layers": [*layers, "mse"]}}

    assert validator.is_valid(config(body, [])) is accepted
    assert not validator.is_valid(config(["relu"], body))
