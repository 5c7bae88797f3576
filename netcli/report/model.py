"""The model as a table of its layers."""

from __future__ import annotations

from collections.abc import Sequence

from netcli import numbers
from netcli.analysis.inspect.nesting import Nest, collapsed, nests
from netcli.analysis.inspect.records import Header, LayerRow
from netcli.report.table import Column, Table
from netcli.report.text import Cell, Styled

_NOTHING = Styled("-", "muted")

_COLUMNS = (
    Column("layer", shrink=True),
    Column("type", drop=4),
    Column("line", "right", drop=3),
    Column("output"),
    Column("parameters", "right"),
    Column("forward", "right"),
    Column("backward", "right", drop=1),
    Column("activations", "right", drop=2),
)


_CAPTION = "FLOPs and activations are those of one example"


def model_table(
    layers: Sequence[LayerRow],
    *,
    parameters: int,
    flops_forward: int,
    flops_backward: int,
    title: str | None = None,
    depth: int | None = None,
) -> Table:
    """A row per layer: output shape, parameters, FLOPs forward and backward and bytes of activations for one example.

    Layers stand indented under the one that they are in; with a `depth` those that stand in so many others are added to that
    row. The totals are given, since nodes that no layer made (the loss, weight decay) count as well.
    """
    shown = layers if depth is None else collapsed(layers, depth)
    footer: tuple[Cell, ...] = (
        Styled("total", "strong"),
        "",
        "",
        "",
        numbers.count(parameters),
        numbers.flops(flops_forward),
        numbers.flops(flops_backward),
        numbers.size(sum(layer.activation_bytes for layer in layers)),
    )
    caption = _CAPTION if len(shown) == len(layers) else f"{_CAPTION}; {deeper_note(depth or 1)}"
    return Table(title, _COLUMNS, tuple(row for nest in nests(shown) for row in _rows(nest)), caption, footer)


def deeper_note(depth: int) -> str:
    """What to say of a table that is not shown deeper than this."""
    return f"layers in others are added to these; --depth {depth + 1} shows more"


def header_table(header: Header, depth: int | None = None) -> Table:
    """The model that a header announces."""
    return model_table(
        header.layers,
        parameters=header.parameters,
        flops_forward=header.flops_forward,
        flops_backward=header.flops_backward,
        depth=depth,
    )


def _rows(nest: Nest) -> list[tuple[Cell, ...]]:
    return [_row(nest), *(row for inner in nest.inside for row in _rows(inner))]


def _row(nest: Nest) -> tuple[Cell, ...]:
    layer = nest.row
    return (
        "  " * layer.depth + nest.name,
        Styled(layer.type, "muted"),
        Styled("" if layer.line is None else str(layer.line), "muted"),
        numbers.shape(layer.output_shape),
        numbers.count(layer.parameters) if layer.parameters else _NOTHING,
        numbers.flops(layer.flops_forward) if layer.flops_forward else _NOTHING,
        numbers.flops(layer.flops_backward) if layer.flops_backward else _NOTHING,
        numbers.size(layer.activation_bytes) if layer.activation_bytes else _NOTHING,
    )
