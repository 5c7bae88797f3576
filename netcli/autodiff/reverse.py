"""Reverse mode: the backward graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from netcli.autodiff.match import match
from netcli.autodiff.paths import active_nodes, describe, explain_no_path, rules_of
from netcli.errors import GraphError, NoPathError
from netcli.graph import Node, constant, derivative_of, topological
from netcli.ops import total


def gradients(
    ys: Sequence[Node],
    xs: Sequence[Node],
    grad_ys: Sequence[Node] | None = None,
    unconnected: Literal["error", "zero"] = "error",
) -> list[Node]:
    """Add the backward graph of `ys` with respect to `xs` and return the cotangent of each x, of its type.

    Reverse accumulation (Linnainmaa, 1970; Griewank and Walther, "Evaluating Derivatives", 2008, chapter 3): walk back from ys
    along the paths that reach xs, call each operation's vjp, add up what meets. The cotangents of ys are `grad_ys`, or ones:
    of a varying y, the derivative is that of its sum over the batch. Results are ordinary nodes: differentiate them again for
    second derivatives. Raises MissingRuleError (an operation on the way has no vjp) and, unless `unconnected` is "zero",
    NoPathError (an x that ys do not depend on, with where its path ends).
    """
    seeds = grad_ys if grad_ys is not None else [constant(1.0, y.type.dtype) for y in ys]
    order = topological(ys)
    active = active_nodes(order, set(xs))
    cotangents: dict[Node, list[Node]] = {}
    for y, seed in zip(ys, seeds, strict=True):
        with derivative_of(y):
            cotangents.setdefault(y, []).append(match(seed, y))
    found: dict[Node, Node] = {}
    for node in reversed(order):
        if node not in active or node not in cotangents:
            continue
        with derivative_of(node):
            g = total(*cotangents.pop(node))
            assert g is not None, "a node on the way has a cotangent"
            found[node] = g
            if not active.intersection(node.inputs):
                continue
            for x, dx in zip(node.inputs, _cotangents(node, g), strict=True):
                if x in active and dx is not None:
                    cotangents.setdefault(x, []).append(match(dx, x))
    missing = [x for x in xs if x not in found]
    if missing and unconnected == "error":
        raise NoPathError("\n".join(explain_no_path(x, ys) for x in missing))
    return [found[x] if x in found else match(constant(0.0, x.type.dtype), x) for x in xs]


def _cotangents(node: Node, g: Node) -> tuple[Node | None, ...]:
    """What the operation's reverse rule gives. Raises GraphError, with the operation, when that is not one for each input."""
    found: object = rules_of(node).vjp(node, g)  # an author's rule may return anything
    if not isinstance(found, tuple) or len(found) != len(node.inputs):
        raise GraphError(
            f"the vjp of {describe(node)} must return a tuple of {len(node.inputs)}, one cotangent or None for each input, "
            f"it returned {found!r}"
        )
    return found
