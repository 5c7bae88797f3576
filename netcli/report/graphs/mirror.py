"""The mirrored picture as a value: forward nodes in rows, each with what the backward graph computes for it.

    x  what comes from the row above       y  the result of the row
    g  the gradient that comes from below  ∂p the gradient of the parameter p

A row is a forward operation together with the reshapes and casts behind it. Its results are the values that its backward
nodes (by `Origin.forward`) hand on, as formulas.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from netcli.graph import Graph, Node, TensorType
from netcli.report.graphs.bands import Bands
from netcli.report.graphs.forward_rows import ForwardRow, Names, forward_sections
from netcli.report.graphs.roles import gradients_of, objective_of
from netcli.report.records import LayerRow

#: What a line of the forward column stands for: the data on their way, a value computed aside, a parameter.
Role = Literal["data", "side", "parameter"]


@dataclass(frozen=True)
class Result:
    """A value of the backward graph: formula, type, and the names of the forward values that it reads."""

    formula: str
    type: TensorType
    kept: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Entry:
    """A row of the picture: forward nodes, their text and type; what the backward graph has for them.

    `label` is the name of a leaf; a parameter has one result, its gradient, and the formula of its update.
    """

    role: Role
    nodes: tuple[Node, ...]
    text: str
    type: TensorType
    results: tuple[Result, ...]
    update: str | None = None


@dataclass(frozen=True, eq=False)
class Section:
    """A layer with its rows, in the order of computation."""

    layer: LayerRow
    entries: tuple[Entry, ...]


@dataclass(frozen=True, eq=False)
class Mirror:
    """The picture of a graph; `end` is the name of what is minimised, `hidden` the number of nodes it leaves out."""

    sections: tuple[Section, ...]
    end: str
    hidden: int
