"""What holds for the settings of layers alone; those of every family are in tests/families."""

from __future__ import annotations

import inspect
import re

import pytest
from support.networks import layers_of

from netcli.layers.layer import LAYERS


def test_a_number_of_rows_and_columns_is_both() -> None:
    (layer,) = layers_of("[conv: {filters: 4, kernel: 5, stride: [1, 2], padding: 3}]")
    assert (layer.kernel, layer.stride, layer.padding, layer.dilation) == ((5, 5), (1, 2), (3, 3), (1, 1))  # type: ignore[attr-defined]


@pytest.mark.parametrize("word", LAYERS.members)
def test_the_documentation_has_a_formula(word: str) -> None:
    text = inspect.cleandoc(LAYERS.members[word].__doc__ or "")
    assert re.search(r"[=·/|²√Σ<>]|->|\blog\b", text), f"the documentation of {word} has no formula"
