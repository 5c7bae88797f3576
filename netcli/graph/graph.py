"""Graphs: named outputs, and updates of variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

from netcli.errors import GraphError
from netcli.graph.leaves import Constant, Placeholder, Setting, Variable
from netcli.graph.node import Node, op_of, topological
from netcli.graph.origin import Phase


@dataclass(frozen=True, eq=False)
class Graph:
    """What to compute. State changes only through `updates`, all at once, after everything was computed from the old state."""

    outputs: Mapping[str, Node]
    updates: Mapping[Node, Node] = field(default_factory=lambda: MappingProxyType({}))

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """Every node, inputs before users, in a fixed order: the graph order."""
        roots = [*self.outputs.values(), *(node for pair in self.updates.items() for node in pair)]
        return tuple(topological(roots))

    @cached_property
    def variables(self) -> tuple[Node, ...]:
        """Every variable read or updated."""
        return tuple(node for node in self.nodes if isinstance(node.op, Variable))

    @cached_property
    def placeholders(self) -> Mapping[str, Node]:
        """What must be fed, by label."""
        return {op_of(node, Placeholder).label: node for node in self.nodes if isinstance(node.op, Placeholder)}

    @cached_property
    def names(self) -> Mapping[Node, str]:
        """A readable, unique name for every node: its layer and operation, numbered where there are several.

        Backward nodes are `gradients/LAYER/OP`, the optimizer's `update/LAYER/OP`. A variable's new value is
        `update/VARIABLE`; an output that the backward graph or the update computes has the output's name.
        """
        names: dict[Node, str] = {}
        count: dict[str, int] = {}
        wanted = _wanted_names(self)
        for node in self.nodes:
            name = wanted.get(node) or _base_name(node)
            count[name] = count.get(name, 0) + 1
            names[node] = name if count[name] == 1 else f"{name}_{count[name] - 1}"
        return names

    @cached_property
    def users(self) -> Mapping[Node, tuple[Node, ...]]:
        """The nodes that read each node, in graph order."""
        users: dict[Node, list[Node]] = {node: [] for node in self.nodes}
        for node in self.nodes:
            for x in dict.fromkeys(node.inputs):
                users[x].append(node)
        return {node: tuple(found) for node, found in users.items()}


_PREFIXES: Mapping[Phase, str] = {"forward": "", "backward": "gradients/", "update": "update/"}


def _wanted_names(graph: Graph) -> dict[Node, str]:
    """Names of new values of variables, and of outputs that are not of the forward graph."""
    outputs = {node: name for name, node in graph.outputs.items() if node.origin.phase != "forward"}
    updates = {value: f"update/{op_of(target, Variable).label}" for target, value in graph.updates.items()}
    return {node: name for node, name in (outputs | updates).items() if node.inputs}


def _base_name(node: Node) -> str:
    if isinstance(node.op, Placeholder | Variable | Setting):
        return node.op.label
    if isinstance(node.op, Constant):
        return node.op.attributes.removeprefix("value=") if node.shape == () else "constant"
    layer = f"{node.origin.layer}/" if node.origin.layer else ""
    return f"{_PREFIXES[node.origin.phase]}{layer}{node.op.name}"


def verify(graph: Graph) -> None:
    """Re-infer every type and check every update. Raises GraphError: a pass or a rule is wrong."""
    labels: dict[str, Node] = {}
    for node in graph.nodes:
        found = node.op.infer(*(x.type for x in node.inputs))
        if found != node.type:
            raise GraphError(f"{graph.names[node]} says {node.type}, its inputs give {found}")
        if isinstance(node.op, Placeholder | Variable | Setting) and labels.setdefault(node.op.label, node) is not node:
            raise GraphError(f"two leaves are called {node.op.label}")
    for target, value in graph.updates.items():
        op_of(target, Variable)
        if target.type != value.type:
            raise GraphError(f"the update of {graph.names[target]}, {target.type}, has the type {value.type}")
