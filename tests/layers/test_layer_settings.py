"""What may be said of each layer: its documentation, its JSON Schema, its values, right and wrong."""

from __future__ import annotations

import inspect
import re

import jsonschema
import pytest
from pydantic import ValidationError
from support.kinds import (
    FLAG,
    FRACTION,
    FRACTION_ABOVE_0,
    NATURAL,
    NOT_NEGATIVE,
    NUMBER,
    PADDING,
    PAIR,
    PAIR_OR_NONE,
    POSITIVE,
    SHARE,
    STRENGTH,
    Checker,
    Kind,
    settings_of,
)

from netcli.layers.initializers.initializer import INITIALIZERS
from netcli.layers.layer import LAYERS

NAME = Kind(("a", "conv-1_.X", "x" * 60, None), ("", "a b", "a/b", "é", "x" * 61, 3, True, ["a"]), ("a\n",))
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
PIXELS = Kind((0, 2, [0, 1]), (-1, [0, -1], [1], [1, 2, 3], 1.5, "2", True, None, {"rows": 1}))
DIRECTION = Kind(("horizontal", "vertical", "both"), ("left", "", 1, True, None, ["both"]))
FILL = Kind(("zero", "edge"), ("reflect", "", 0, None, False))
SHAPE = Kind(([1, 8, 8], [-1], [64], [4, -1]), ([], [1, 2, 3, 4], [-2], [1.5], ["8"], 8, "8", None, [True]))

WEIGHTS = {"bias": FLAG, "init": INIT, "bias_init": INIT, "weight_decay": STRENGTH, "l1": STRENGTH}
POOL = {"size": PAIR, "stride": PAIR_OR_NONE, "padding": PADDING}
OWN: dict[str, dict[str, Kind]] = {
    "conv": {
        "filters": NATURAL, "kernel": PAIR, "stride": PAIR, "padding": PADDING, "dilation": PAIR, "groups": NATURAL, **WEIGHTS,
    },
    "dense": {"units": NATURAL, **WEIGHTS},
    "maxpool": POOL, "avgpool": POOL, "global_avgpool": {},
    "batchnorm": {"momentum": FRACTION_ABOVE_0, "epsilon": POSITIVE, "affine": FLAG},
    "layernorm": {"epsilon": POSITIVE, "affine": FLAG},
    "dropout": {"rate": SHARE},
    "random_flip": {"direction": DIRECTION, "probability": FRACTION}, "random_shift": {"pixels": PIXELS, "fill": FILL},
    "leaky_relu": {"slope": NOT_NEGATIVE}, "elu": {"alpha": POSITIVE},
    "relu": {}, "gelu": {}, "silu": {}, "sigmoid": {}, "tanh": {}, "softplus": {}, "softmax": {}, "log_softmax": {},
    "flatten": {}, "reshape": {"shape": SHAPE},
    "cross_entropy": {"label_smoothing": SHARE}, "binary_cross_entropy": {}, "mse": {}, "mae": {}, "huber": {"delta": POSITIVE},
}  # fmt: skip
TABLE = {word: {"name": NAME, **kinds} for word, kinds in OWN.items()}
NEEDED = {"conv": {"filters": 2}, "dense": {"units": 2}, "reshape": {"shape": [1]}, "random_shift": {"pixels": 1}}
#: What `word: value` sets.
MAIN = {
    "conv": ("filters", 4), "dense": ("units", 4), "maxpool": ("size", 3), "avgpool": ("size", [2, 3]),
    "dropout": ("rate", 0.1), "leaky_relu": ("slope", 0.2), "elu": ("alpha", 2.0), "reshape": ("shape", [2, -1]),
    "huber": ("delta", 3.0), "random_flip": ("direction", "both"), "random_shift": ("pixels", [1, 2]),
}  # fmt: skip

INITIALIZER_TABLE = {
    "constant": {"value": NUMBER}, "normal": {"deviation": POSITIVE, "mean": NUMBER}, "he": {}, "glorot": {}, "zeros": {},
    "uniform": {"low": Kind((-1, 0.01), NUMBER.wrong, (0.05, 1)), "high": Kind((1, 0.0), NUMBER.wrong, (-0.05, -1))},
}  # fmt: skip

LAYER = Checker(LAYERS, TABLE, NEEDED)
INITIALIZER = Checker(INITIALIZERS, INITIALIZER_TABLE, {"constant": {"value": 1.0}})


@pytest.mark.parametrize("checker", [LAYER, INITIALIZER], ids=["layers", "initialisers"])
def test_the_tables_have_every_setting(checker: Checker) -> None:
    checker.check_table()


@pytest.mark.parametrize(("word", "name"), settings_of(TABLE))
def test_setting(word: str, name: str) -> None:
    LAYER.check(word, name)


@pytest.mark.parametrize(("word", "name"), settings_of(INITIALIZER_TABLE))
def test_setting_of_an_initialiser(word: str, name: str) -> None:
    INITIALIZER.check(word, name)


@pytest.mark.parametrize("word", LAYERS.members)
def test_unknown_settings_are_refused(word: str) -> None:
    LAYER.refuses(word, "colour", 3)
    assert not LAYER.validator.is_valid({word: {**NEEDED.get(word, {}), "colour": 3}})


@pytest.mark.parametrize("word", LAYERS.members)
def test_a_single_value_is_the_main_setting(word: str) -> None:
    if word not in MAIN:
        with pytest.raises(ValidationError, match=f'"{word}" takes no single value'):
            LAYER.adapter.validate_python({word: 3})
        assert not LAYER.validator.is_valid({word: 3})
        return
    name, value = MAIN[word]
    short, long = {word: value}, {word: {name: value}}
    assert LAYER.adapter.validate_python(short) == LAYER.adapter.validate_python(long)
    assert LAYER.validator.is_valid(short)


@pytest.mark.parametrize("word", LAYERS.members)
def test_a_name_alone_is_enough_unless_something_is_needed(word: str) -> None:
    accepted = True
    try:
        layer = LAYER.adapter.validate_python(word)
    except ValidationError as error:
        accepted = False
        assert [item["type"] for item in error.errors()] == ["missing"]
    else:
        assert layer == LAYER.adapter.validate_python({word: None}) == LAYER.adapter.validate_python({word: {}})
    assert accepted == (word not in NEEDED) == LAYER.validator.is_valid(word)


def test_settings_do_not_change() -> None:
    layer = LAYER.adapter.validate_python({"conv": 4})
    with pytest.raises(ValidationError, match="frozen"):
        layer.filters = 5


def test_a_number_of_rows_and_columns_is_both() -> None:
    layer = LAYER.adapter.validate_python({"conv": {"filters": 4, "kernel": 5, "stride": [1, 2], "padding": 3}})
    assert (layer.kernel, layer.stride, layer.padding, layer.dilation) == ((5, 5), (1, 2), (3, 3), (1, 1))


# ---- documentation ----


@pytest.mark.parametrize("word", LAYERS.members)
def test_documentation(word: str) -> None:
    """A first line that stands alone, a formula, and a sentence for each setting."""
    text = inspect.cleandoc(LAYERS.members[word].__doc__ or "")
    first = text.splitlines()[0]
    assert first.endswith(".")
    assert first[0].isupper()
    assert re.search(r"[=·/|²√Σ<>]|->|\blog\b", text), f"the documentation of {word} has no formula"
    for name, field in LAYERS.members[word].model_fields.items():
        assert field.description, f"{word}: {name} has no description"
        assert field.description.endswith((".", "…"))


@pytest.mark.parametrize("word", LAYERS.members)
def test_json_schema(word: str) -> None:
    schema = LAYERS.members[word].model_json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["additionalProperties"] is False
    assert set(schema["properties"]) == set(TABLE[word])
    assert set(schema.get("required", [])) == set(NEEDED.get(word, {}))
    assert all(setting["description"] for setting in schema["properties"].values())
    jsonschema.Draft202012Validator.check_schema(LAYER.schema)
