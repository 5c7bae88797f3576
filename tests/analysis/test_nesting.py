"""Layers within layers: as trees, and summed up from a depth on."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from support.graphs import SAMPLES, Sample, nested

from netcli.analysis.inspect.nesting import MOST_ROWS, Nest, collapsed, depth_of_table, depths_of, fitting, groups, nests
from netcli.analysis.inspect.records import LayerRow

NUMBERS = ("parameters", "flops_forward", "flops_backward", "activation_bytes")


def outline(trees: Sequence[Nest]) -> list[LayerRow]:
    return [row for tree in trees for row in tree.rows]


@pytest.mark.parametrize("made", SAMPLES, ids=lambda made: made.__name__)
def test_trees_have_every_layer_once_under_the_one_that_its_path_names(made: object) -> None:
    of: Sample = made()  # type: ignore[operator]
    trees = nests(of.layers)
    assert outline(trees) == list(of.layers)

    def check(nest: Nest, around: str) -> None:
        assert nest.row.name == around + nest.name
        assert bool(nest.inside) <= nest.row.is_outer
        for inner in nest.inside:
            assert inner.row.depth == nest.row.depth + 1
            check(inner, f"{nest.row.name}/")

    for tree in trees:
        check(tree, "")


@pytest.mark.parametrize("made", SAMPLES, ids=lambda made: made.__name__)
@pytest.mark.parametrize("depth", [1, 2, 3, 9])
def test_what_is_added_up_is_what_there_was(made: object, depth: int) -> None:
    of: Sample = made()  # type: ignore[operator]
    shown = collapsed(of.layers, depth)
    assert [row.name for row in shown] == [row.name for row in of.layers if row.depth < depth]
    for number in NUMBERS:
        assert sum(getattr(row, number) for row in shown) == sum(getattr(row, number) for row in of.layers)
    if depth > max(row.depth for row in of.layers):
        assert shown == of.layers


def test_a_layer_that_is_closed_has_the_numbers_of_those_in_it() -> None:
    rows = {row.name: row for row in collapsed(nested().layers, 2)}
    assert rows["repeat1"].parameters == 0  # it is open
    assert rows["repeat1/1/residual1"].parameters == 4 * 4 * 9 + 4
    assert {row.name: row for row in collapsed(nested().layers, 1)}["repeat1"].parameters == 2 * (4 * 4 * 9 + 4)


def test_groups_are_the_innermost_layer_that_is_shown() -> None:
    depths = depths_of(nested().layers)
    assert groups(depths, 1)["repeat1/2/residual1/conv1"] == "repeat1"
    assert groups(depths, 2)["repeat1/2/residual1/conv1"] == "repeat1/2/residual1"
    assert groups(depths, 3) == {name: name for name in depths}


def test_a_table_is_as_deep_as_there_is_room_for() -> None:
    assert depth_of_table(nested().layers) == 3
    rows = [LayerRow(f"a/{n}", "dense", None, (), 0, 0, 0, 0, depth=1) for n in range(MOST_ROWS)]
    outer = LayerRow("a", "repeat", None, (), 0, 0, 0, 0, is_outer=True)
    assert depth_of_table([outer, *rows]) == 1
    assert depth_of_table([outer, *rows[1:]]) == 2
    assert fitting(5, lambda depth: 10**depth) == 1
