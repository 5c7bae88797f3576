"""Which cells are joined, and by what: an edge leads from the cell of a node to each cell whose nodes read it."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import Literal

from netcli.graph import Graph, Node, read_by
from netcli.report.graphs.figure.plan import Cell, Column, Plan

#: What flows: a value to the next operation, a value kept for the backward pass, a gradient, a gradient to its update.
Flow = Literal["value", "kept", "gradient", "update"]


@dataclass(frozen=True, eq=False)
class Edge:
    """From cell to cell."""

    source: Cell
    target: Cell
    flow: Flow


def edges(graph: Graph, plan: Plan) -> list[Edge]:
    """Every edge once, in the order of the cells that they lead to.

    A parameter's update names it; no edge leads there from the parameter itself. Nor does one lead from a layer that is one
    cell to the loss for the penalties on its parameters: it would hide where the layer's output goes.
    """
    pairs: dict[tuple[Cell, Cell], None] = {}
    for target in plan.cells:
        read = [x for node in target.nodes for x in read_by(node) if x in plan.cell_of]
        sources = [plan.cell_of[x] for x in read if not _is_penalty(x, plan.cell_of[x], target)]
        if target.value is not None:
            sources.append(plan.cell_of[target.value])  # another cell, if that computes the value too
        for source in sources:
            if source is not target and not (target.kind == "update" and source.column <= Column.DATA):
                pairs[source, target] = None
    found = [Edge(source, target, _flow(source, target)) for source, target in pairs]
    return [*found, *_turn(graph, plan, {edge.target for edge in found if edge.flow == "gradient"})]


def _is_penalty(x: Node, source: Cell, target: Cell) -> bool:
    """Whether a layer that is one cell gives something else than its output, which is a value of each example."""
    return source.value is None and source.kind == target.kind == "forward" and not x.type.varying


def _flow(source: Cell, target: Cell) -> Flow:
    if target.kind == "update":
        return "update"
    if target.kind == "backward":
        return "gradient" if source.kind == "backward" else "kept"
    return "value"


def _turn(graph: Graph, plan: Plan, reached: Container[Cell]) -> list[Edge]:
    """From what is minimised to its own gradient, 1, and on to the operations that read it: no other gradient reaches them."""
    if plan.turn is None:
        return []
    value, gradient = plan.turn
    first = [cell for cell in plan.cells if cell.kind == "backward" and cell not in reached and cell is not gradient]
    into = Edge(plan.cell_of[graph.outputs[value.text]], value, "value")
    return [into, Edge(value, gradient, "gradient"), *(Edge(gradient, cell, "gradient") for cell in first)]
