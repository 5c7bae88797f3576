"""Which operation is to blame: every operation on the path is checked alone, at the values that it has there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from netcli.autodiff.gradcheck.check import Check, CheckSettings, Evidence
from netcli.autodiff.gradcheck.function import Evaluate
from netcli.autodiff.gradcheck.graph import check_graph, random_weights
from netcli.autodiff.gradcheck.suggest import Trial, suggestions
from netcli.autodiff.paths import active_nodes, describe
from netcli.graph import Array, Node, placeholder, topological

#: The rule that is wrong. `both`: they agree with each other, and not with the function.
Rule = Literal["vjp", "jvp", "both"]


@dataclass(frozen=True)
class Fault:
    """A wrong derivative of one operation with respect to one of its inputs.

    `layer` and `line` say where the operation comes from, `of` in words what the input is. `order` is 2 if the rule itself is
    right and only its derivative is wrong. `detail` is what the check of the operation alone says, `suggestions` what the error
    looks like.
    """

    operation: str
    layer: str
    line: int | None
    rule: Rule
    order: int
    input: int
    of: str
    detail: str
    evidence: Evidence
    suggestions: tuple[str, ...]


def blame(
    y: Node,
    xs: Sequence[Node],
    values: Mapping[Node, Array],
    evaluate: Evaluate,
    settings: CheckSettings | None = None,
) -> list[Fault]:
    """The operations on the paths from leaves xs to y that are wrong by themselves, from the leaves on.

    The arguments are those of `check_graph`. Nothing is found where each operation is right: then what is wrong is how they
    were put together, or the error lies below what differences of one operation can tell.
    """
    order = topological([y])
    active = active_nodes(order, set(xs))
    path = [node for node in order if node in active and node.inputs]
    inputs = list(dict.fromkeys(x for node in path for x in node.inputs))
    known = dict(zip(inputs, evaluate(inputs, values), strict=True))
    return [fault for node in path for fault in _faults(node, active, known, evaluate, settings or CheckSettings())]


def _faults(
    node: Node, active: set[Node], known: Mapping[Node, Array], evaluate: Evaluate, settings: CheckSettings
) -> list[Fault]:
    """What is wrong with one operation: at most one fault for each input, that of first order if there is one."""
    leaves = [placeholder(f"input {i}", x.type) for i, x in enumerate(node.inputs)]
    values = {leaf: known[x] for leaf, x in zip(leaves, node.inputs, strict=True)}
    places = [i for i, x in enumerate(node.inputs) if x in active]
    alone = Node(node.op, leaves)
    rows = check_graph(alone, [leaves[i] for i in places], values, evaluate, settings, [str(i) for i in places])
    faults = []
    for i in places:
        wrong: dict[str, Check] = {row.kind: row for row in rows if row.name == str(i) and row.verdict == "fail"}
        for order, second in ((1, ""), (2, "second ")):
            reverse = wrong.get(f"{second}reverse") or wrong.get(f"{second}complex")
            forward = wrong.get(f"{second}forward")
            row = reverse or forward
            if row is None or row.evidence is None:
                continue
            rule: Rule = "jvp" if reverse is None else "both" if forward is None else "vjp"
            looks = _looks(alone, leaves[i], values, evaluate, row) if order == 1 and rule != "jvp" else ()
            where = (node.op.name, node.origin.layer, node.origin.line)
            faults.append(Fault(*where, rule, order, i, describe(node.inputs[i]), row.detail, row.evidence, looks))
            break
    return faults


def _looks(y: Node, x: Node, values: Mapping[Node, Array], evaluate: Evaluate, row: Check) -> tuple[str, ...]:
    """What the error of the reverse rule looks like; nothing where some value is not finite."""
    if not np.isfinite(row.max_abs_error):
        return ()
    (shape,) = (value.shape for value in evaluate([y], values))
    weights = random_weights(np.random.default_rng(0), shape)
    return suggestions(*(Trial.of(y, x, values, evaluate, given) for given in (weights, np.ones(shape))))
