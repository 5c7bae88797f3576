"""Tables of layers in layers and of their parameters: indented, and added up from a depth on."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from support.graphs import nested

from netcli.analysis.inspect.nesting import depths_of, groups
from netcli.autodiff.gradcheck import Check
from netcli.report.gradcheck import Shown, check_table, grouped
from netcli.report.gradients import gradient_table
from netcli.report.model import model_table
from netcli.report.parameter_groups import grouped as parameters_grouped
from netcli.report.text import text_of
from netcli.runs.metrics import ParameterRow

TOTALS = {"parameters": 1, "flops_forward": 2, "flops_backward": 3}
DEPTHS = {"a": 0, "a/1": 1, "a/1/dense1": 2, "dense1": 0}


def parameter(name: str, **changes: object) -> ParameterRow:
    row = ParameterRow(name, name.rpartition("/")[0], 3, (2, 3), 3.0, 10.0, 1e-3, 0.5, (4.0, 3.0))
    return replace(row, **changes)  # type: ignore[arg-type]


def test_layers_stand_indented_under_the_one_that_they_are_in() -> None:
    names = [text_of(row[0]) for row in model_table(nested().layers, **TOTALS).rows]
    assert names[3:7] == ["repeat1", "  1/residual1", "    conv1", "    relu1"]
    assert names[10:14] == ["residual1", "  conv1", "  relu1", "  shortcut/conv1"]


def test_a_table_that_is_not_so_deep_says_how_to_see_more() -> None:
    table = model_table(nested().layers, **TOTALS, depth=1)
    assert [text_of(row[0]) for row in table.rows] == [row.name for row in nested().layers if not row.depth]
    assert table.caption is not None
    assert table.caption.endswith("layers in others are added to these; --depth 2 shows more")
    assert "--depth" not in (model_table(nested().layers, **TOTALS, depth=3).caption or "")


def test_parameters_of_a_group_are_as_one_vector() -> None:
    large = parameter("a/2/dense1/weight", norm=4.0, weight_norm=math.inf, history=(3.0, 4.0), zero_share=1.0)
    rows = [parameter("a/1/dense1/weight"), replace(large, weight_norm=20.0, shape=(18,)), parameter("dense1/weight")]
    ((group, word), *others) = parameters_grouped(
        list(zip(rows, (None, "dead", None), strict=True)),  # type: ignore[arg-type]
        {"a/1/dense1": "a", "a/2/dense1": "a", "dense1": "dense1"},
    )
    assert (group.name, group.norm, group.history, group.zero_share) == ("a", 5.0, (5.0, 5.0), 0.875)
    assert group.weight_norm == pytest.approx(math.hypot(10, 20))
    assert group.update_ratio == pytest.approx(1e-3)  # both change by a thousandth
    assert word == "dead"
    assert others == [(rows[2], None)]


def test_the_gradients_of_a_group_are_a_row() -> None:
    rows = [parameter(f"a/1/dense1/{name}") for name in ("weight", "bias")]
    table = gradient_table([*rows, parameter("dense1/weight")], groups=groups(DEPTHS, 1))
    assert [tuple(map(text_of, row[:2])) for row in table.rows] == [("a", "2 parameters"), ("dense1/weight", "2×3")]
    assert len(gradient_table(rows).rows) == 2


def test_the_checks_of_a_group_are_as_bad_as_the_worst_of_them() -> None:
    good, bad = (
        Check("a/1/dense1/weight", "reverse", "pass", 1e-9, 1e-9, 6),
        Check("a/1/dense1/bias", "reverse", "fail", 1, 1, 3),
    )
    other = Check("dense1/weight", "reverse", "pass", 0, 0, 2)
    assert grouped([good, bad, other], DEPTHS, None) == Shown([good, bad, other])
    shown = grouped([good, bad, other], DEPTHS, 2)
    first, second = shown.checks
    assert (check_table("net", shown).caption or "").startswith("layers in others are added to these; --depth 3 shows more; ")
    assert (first.name, first.verdict, first.max_rel_error, first.elements) == ("a/1", "fail", 1, 9)
    assert second == other


def test_long_tables_of_checks_are_joined_by_themselves() -> None:
    depths = {"a": 0} | {f"a/dense{n}": 1 for n in range(50)}
    checks = [Check(f"{name}/weight", "reverse", "pass", 0, 0, 2) for name in depths if name != "a"]
    assert [check.name for check in grouped(checks, depths, None).checks] == ["a"]
    assert grouped(checks, depths, 2) == Shown(checks)
    assert depths_of(nested().layers)["repeat1/1/residual1"] == 1
