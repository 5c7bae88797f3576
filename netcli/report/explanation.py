"""What a person sees of one derivative: how it comes about, from the loss to the number, and that three ways give it."""

from __future__ import annotations

import textwrap
from dataclasses import asdict
from typing import Any

from netcli import numbers
from netcli.analysis.explain.records import Explanation, Method, Stage, Step
from netcli.autodiff.gradcheck import Verdict
from netcli.report.table import Column, Table, layout
from netcli.report.text import Cell, Line, Style, Styled, clip

_NOTHING = Styled("-", "muted")
_STYLES: dict[Verdict, Style] = {"pass": "good", "kink": "warn", "fail": "bad"}


def as_json(found: Explanation) -> dict[str, Any]:
    """The document of `explain --json`: the fields, and the derivative."""
    fields = asdict(found)
    head = {key: fields.pop(key) for key in ("number", "chosen", "value")}
    return {**head, "derivative": found.derivative, **fields}


def facts(found: Explanation) -> dict[str, str]:
    """What the derivative is of, and at which point."""
    chosen = "the element with the largest derivative, since none was named" if found.chosen else ""
    where = f"line {found.line}: {found.yaml}" if found.line is not None else ""
    batch = f"{numbers.count(found.examples)} example{'' if found.examples == 1 else 's'} of the first batch of training"
    return {
        "number": ", ".join(filter(None, [found.number, chosen])),
        "value": f"{found.value:.9g} ({found.weights})",
        "layer": ", ".join(filter(None, [found.layer, where])),
        "batch": f"{batch}, {found.end} {found.end_value:.9g}",
    }


def derivatives_table(found: Explanation) -> Table:
    """The derivative by each method."""
    columns = (
        Column(f"∂{found.end}/∂{found.number}", shrink=True),
        Column("by"),
        Column("derivative", "right"),
        Column("difference", "right"),
        Column("verdict"),
    )
    names: dict[Method, str] = {
        "reverse": "reverse mode",
        "forward": "forward mode",
        "difference": "central difference",
        "executor": "reverse mode, as trained",
    }
    rows = tuple(
        (
            names[each.method],
            Styled(each.by, "muted"),
            f"{each.value:.10g}",
            _NOTHING if each.method == "reverse" else numbers.scientific(each.error),
            _NOTHING if each.verdict is None else Styled(each.verdict, _STYLES[each.verdict]),
        )
        for each in found.derivatives
    )
    return Table(None, columns, rows, _kink_note(found))


def _kink_note(found: Explanation) -> str | None:
    if found.kink is None:
        return None
    sides = f"left derivative {found.kink.left:.6g}, right {found.kink.right:.6g}"
    return f"the number lies on a kink ({found.kink.where}): {sides}"


def stage_lines(found: Explanation, width: int | None, encoding: str = "utf-8") -> list[Line]:
    """The way from the loss up to the number, a row per operation, under the names of their layers."""
    title = f"from the {found.end} up to {found.number}"
    shown = layout(Table(None, _STAGE_COLUMNS, tuple(map(_stage_row, found.stages))), width, encoding)
    heading, rule, *rows = shown
    lines: list[Line] = [(Styled(title, "strong"),), heading, rule]
    layer: str | None = None
    for stage, row in zip(found.stages, rows, strict=True):
        if stage.layer != layer:
            where = f" · line {stage.line}: {stage.yaml}" if stage.line is not None else ""
            name, rest = clip(stage.layer, width or len(stage.layer)), clip(where, max((width or 200) - len(stage.layer), 0))
            lines.append((Styled(name, "strong"), Styled(rest, "muted")))
            layer = stage.layer
        lines.append(row)
    return lines


_STAGE_COLUMNS = (
    Column("  y =", shrink=True),
    Column("hands up", shrink=True),
    Column("shape of y", drop=2),
    Column("g = ∂/∂y", "right"),
    Column("moved", "right"),
    Column("∂y/∂number", "right", drop=1),
    Column("through", "right"),
)


def _stage_row(stage: Stage) -> tuple[Cell, ...]:
    shape = numbers.shape(stage.shape)
    return (
        Styled(f"  {stage.computes}", "forward"),
        Styled(stage.derivative, "backward"),
        (f"n×{shape}" if stage.shape else "n") if stage.varying else shape,
        numbers.significant(stage.gradient),
        numbers.whole_percent(stage.moved / stage.elements),
        numbers.significant(stage.tangent),
        numbers.significant(stage.through),
    )


def legend(found: Explanation) -> dict[str, str]:
    """What the columns of the way say."""
    total = "" if found.end == "loss" else "; the objective is the loss with the penalties"
    return {
        "hands up": f"what the row makes of g, the derivative of the {found.end} by y, for the row above it{total}",
        "g, ∂y/∂number": "the number itself where y is one, else the norm over its elements, those of all n examples",
        "moved": "the share of y's elements whose derivative with respect to the number is not 0",
        "through": "Σ g · ∂y/∂number, what of the derivative comes through y: the chain rule, cut at this row",
    }


def chain_table(found: Explanation) -> Table:
    """One chain of single numbers, whose product is a part of the derivative."""
    columns = (
        Column("one element y of", shrink=True),
        Column("example", "right", drop=1),
        Column("at"),
        Column("line", "right", drop=2),
        Column("y", "right"),
        Column("∂y/∂next y", "right"),
    )
    rows = tuple(_step_row(step) for step in found.chain)
    product = 1.0
    for step in found.chain:
        product *= 1.0 if step.factor is None else step.factor
    share = f"{numbers.significant(100 * product / found.derivative)} %"
    footer: tuple[Cell, ...] = (Styled("product", "strong"), "", "", "", share, f"{product:.6g}")
    caption = (
        "one way through single elements, the strongest at each step: the product of its factors, and its share of the "
        "derivative, to which the products of all the ways add up; steps that only reshape are left out"
    )
    return Table("the chain rule, factor by factor", columns, rows, caption, footer)


def _step_row(step: Step) -> tuple[Cell, ...]:
    return (
        step.name,
        "" if step.example is None else str(step.example),
        f"[{','.join(map(str, step.index))}]" if step.index else "",
        Styled("" if step.line is None else str(step.line), "muted"),
        numbers.significant(step.value),
        "" if step.factor is None else f"{step.factor:.6g}",
    )


def ends_text(found: Explanation, width: int | None) -> list[Line]:
    """That the derivative is zero, and where the ways from the number end and why."""
    what = f"The derivative of the {found.end} with respect to {found.number} is 0 on this batch"
    if not found.causes:
        return _wrapped(f"{what} but for rounding: the terms that it is added up from cancel.", width)
    lines = _wrapped(f"{what}. The way from the number ends", width)
    for cause in found.causes:
        lines += _wrapped(f"at {cause.where}: {cause.reason}", width, indent="  ")
    return lines


def _wrapped(text: str, width: int | None, indent: str = "") -> list[Line]:
    parts = textwrap.wrap(text, width or len(indent + text), initial_indent=indent, subsequent_indent=indent * 2)
    return [(part,) for part in parts]
