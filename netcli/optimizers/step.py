"""The step graph: forward, backward, gradient norms, clipping and update, as one graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from netcli.autodiff import gradients
from netcli.graph import Graph, Node, Variable, layer, op_of, phase
from netcli.ops import absolute, cast, greater, maximum, minimum, norm, sqrt, sum_over, total
from netcli.optimizers.norms import ParameterNorms
from netcli.optimizers.optimizer import Optimizer, Updates, hyper
from netcli.optimizers.schedules.schedule import Schedule, scheduled


@dataclass(frozen=True)
class Rule:
    """How parameters change: the optimizer, its schedule over `epochs` of `steps_per_epoch`, the limits on gradients."""

    optimizer: Optimizer
    schedule: Schedule
    steps_per_epoch: int
    epochs: int
    clip_norm: float | None = None
    clip_value: float | None = None


def training_step(
    objective: Node, outputs: Mapping[str, Node], parameters: Sequence[Node], step: Node, rule: Rule, updates: Updates
) -> Graph:
    """One training step: `outputs` with lr, grad_norm and the numbers of each parameter (`ParameterNorms`) added, and all
    updates.

    `objective` is what is minimised, a uniform scalar; `step` the counter variable, uint32; `updates` those of running
    statistics.
    """
    dtype = objective.type.dtype
    raw = gradients([objective], parameters)
    with phase("update"):
        rate = scheduled(rule.schedule, rule.optimizer.lr, cast(step, dtype), rule.steps_per_epoch, rule.epochs)
        squares = total(*(sum_over(g * g) for g in raw))
        assert squares is not None, "a network that is trained has parameters"
        grad_norm = sqrt(squares)
        clipped = _clipped(raw, grad_norm, rule)
        reported = dict(outputs) | {"lr": rate, "grad_norm": grad_norm}
        changed: Updates = {}
        for w, g, used in zip(parameters, raw, clipped, strict=True):
            label = op_of(w, Variable).label
            with layer(w.origin.layer, w.origin.line):
                changed |= rule.optimizer.updates(w, used, rate, cast(step, dtype))
                norms = ParameterNorms(norm(g), norm(w), norm(changed[w] - w), _zero_share(g))
                reported |= norms.outputs(label)
        counted = {step: step + 1}
    return Graph(reported, changed | updates | counted)


def _clipped(raw: Sequence[Node], grad_norm: Node, rule: Rule) -> Sequence[Node]:
    """By norm, all together (Pascanu et al., "On the difficulty of training recurrent networks", 2013); then by value."""
    result = list(raw)
    if rule.clip_norm is not None:
        # a select, not a minimum of 1 and limit / norm: a norm of 0 divides nothing
        limit = hyper("clip_norm", rule.clip_norm, grad_norm)
        factor = limit / maximum(grad_norm, limit)
        result = [g * factor for g in result]
    if rule.clip_value is not None:
        high, low = hyper("clip_value", rule.clip_value, grad_norm), hyper("minus_clip_value", -rule.clip_value, grad_norm)
        result = [maximum(minimum(g, high), low) for g in result]
    return result


def _zero_share(g: Node) -> Node:
    """Share of the elements that are exactly 0."""
    others = sum_over(cast(greater(absolute(g), 0.0), g.type.dtype))
    return 1.0 - others / float(g.type.size)
