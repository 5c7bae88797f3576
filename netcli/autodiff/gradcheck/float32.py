"""What an executor computes in float32 against float64: how many digits are right, and whether rounding explains the rest."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from netcli.autodiff.forward import jvp
from netcli.autodiff.gradcheck.check import Check, Precision, Verdict, merged
from netcli.autodiff.gradcheck.function import Evaluate, branches_of
from netcli.autodiff.gradcheck.operation import sample_inputs
from netcli.autodiff.gradcheck.rounding import UNIT, Reference
from netcli.autodiff.gradcheck.rows import kinks_text
from netcli.autodiff.reverse import gradients
from netcli.graph import Array, Differentiable, Node, Op, Piecewise, Sample, placeholder, topological
from netcli.ops import operations

#: Decimal digits of float32.
DIGITS = -math.log10(UNIT)
#: Examples in the batch of a sample: more than the sixteen that an executor may compute side by side.
_BATCH = 19


def check_float32(wanted: Mapping[str, Node], leaves: Mapping[Node, Array], compute: Evaluate) -> list[Check]:
    """Check what `compute`, an executor, makes of float32 nodes at given values of the leaves: a row for each, by name.

    It passes where each element is as near to float64 as rounding explains (see `Reference`). Where one is not, and some values
    lie on other sides of kinks in float32 than in float64, the float64 graph is evaluated again with the executor's values
    there: what agrees with that is a `kink`. So an error beside a kink stays an error.
    """
    nodes = list(wanted.values())
    found = compute(nodes, leaves)
    reference = Reference(nodes, leaves)
    rows = [
        _row(name, value, expected, bound, "pass")
        for name, value, expected, bound in zip(wanted, found, reference.values(), reference.bounds, strict=True)
    ]
    if all(row.verdict == "pass" for row in rows):
        return rows
    crossed, beyond = _beyond_kinks(reference, nodes, leaves, compute)
    if not crossed:
        return rows
    for i, (name, values, bound) in enumerate(zip(wanted, beyond, reference.bounds, strict=True)):
        if rows[i].verdict == "fail":
            again = _row(name, found[i], values, bound, "kink")
            note = f"in float32 on another side of a kink: {kinks_text([crossed])}"
            detail = f"{note}; right on that side" if again.verdict == "kink" else f"{again.detail} ({note})"
            rows[i] = dataclasses.replace(again, detail=detail)
    return rows


def check_operations_float32(
    compute: Evaluate, seed: int = 0, classes: Sequence[type[Op]] | None = None
) -> Iterator[list[Check]]:
    """Check what an executor makes of operations, by default of all, and their derivatives, on all samples: a row for each."""
    for operation in operations() if classes is None else classes:
        wanted: dict[str, Node] = {}
        leaves: dict[Node, Array] = {}
        for number, sample in enumerate(map(in_float32, operation.samples())):
            values = sample_inputs(sample, seed, _BATCH, f"sample {number} input")
            found, more = _derivatives(sample, values, number, seed)
            leaves |= values | more
            wanted |= {f"{sample}: {what}": node for what, node in found.items()}
        if wanted:
            yield merged(next(iter(wanted.values())).op.name, check_float32(wanted, leaves, compute))


def in_float32(sample: Sample) -> Sample:
    """A sample whose floats are float32, and whose operation makes float32."""
    arguments = [
        dataclasses.replace(a, type=dataclasses.replace(a.type, dtype="float32")) if a.type.is_float else a
        for a in sample.arguments
    ]
    narrow = getattr(sample.op, "dtype", None) == "float64"
    op = dataclasses.replace(sample.op, dtype="float32") if narrow else sample.op  # type: ignore[type-var]
    return Sample(op, tuple(arguments))


def _derivatives(
    sample: Sample, inputs: Mapping[Node, Array], number: int, seed: int
) -> tuple[dict[str, Node], dict[Node, Array]]:
    """The result, the cotangents of the inputs and the tangent by name; and the values of what these are made of."""
    y, floats = Node(sample.op, inputs), [x for x in inputs if x.type.is_float]
    if not isinstance(sample.op, Differentiable) or not y.type.is_float or not floats:
        return {"value": y}, {}
    g = placeholder(f"sample {number} cotangent", y.type)
    tangents = [placeholder(f"sample {number} tangent {i}", x.type) for i, x in enumerate(floats)]
    generator = np.random.default_rng([seed, number])
    fed: dict[Node, Array] = {}
    for node in (g, *tangents):
        shape = ((_BATCH,) if node.type.varying else ()) + node.shape
        fed[node] = generator.uniform(0.5, 1.5, shape).astype("float32")
    cotangents = gradients([y], floats, [g], unconnected="zero")
    (dy,) = jvp([y], floats, tangents)
    return {"value": y, **{f"cotangent {i}": dx for i, dx in enumerate(cotangents)}, "tangent": dy}, fed


def _beyond_kinks(
    reference: Reference, nodes: Sequence[Node], leaves: Mapping[Node, Array], compute: Evaluate
) -> tuple[dict[Node, int], list[Array]]:
    """The piecewise nodes of which elements are on other pieces in float32, how many are, and float64's values on these."""
    piecewise = [node for node in topological(nodes) if isinstance(node.op, Piecewise)]
    inputs = list(dict.fromkeys(x for node in piecewise for x in node.inputs))
    seen = dict(zip(inputs, compute(inputs, leaves), strict=True))
    exact = dict(zip(inputs, reference.values(inputs), strict=True))
    crossed = {
        node: count
        for node in piecewise
        if (count := int(np.count_nonzero(branches_of(node, seen) != branches_of(node, exact))))
    }
    given = {x: seen[x] for node in crossed for x in node.inputs}
    return crossed, reference.values(given=given)


def _row(name: str, found: Array, expected: Array, bound: Array, verdict: Verdict) -> Check:
    """`verdict` where rounding explains every error, else `fail`."""
    with np.errstate(all="ignore"):
        error = np.abs(found.astype("float64") - expected)
        error = np.where(np.isfinite(error), error, np.inf)  # what is not a number is never right
        size = np.abs(expected.astype("float64"))
        share = np.where(error == 0, 0.0, np.where(np.isfinite(bound), error / bound, np.inf))
        own = np.where(error == 0, 0.0, error / size)
    largest, worst = float(error.max(initial=0.0)), float(share.max(initial=0.0))
    scale = float(size.max(initial=0.0))
    precision = Precision(_digits(largest, scale), _digits(float(own.max(initial=0.0)), 1.0), worst)
    if worst > 1:
        verdict, detail = "fail", _error(found, expected, bound, share)
    else:
        within = 0 < scale <= float(bound.max(initial=0.0))
        detail = "zero but for rounding: it has no digits to be right" if within else ""
    relative = largest / scale if scale else (0.0 if largest == 0 else math.inf)
    return Check(name, "float32", verdict, largest, relative, found.size, detail, precision)


def _digits(error: float, size: float) -> float:
    """Decimal digits that an error leaves right of a number."""
    if error == 0:
        return DIGITS
    if size == 0 or not error < size:
        return 0.0
    return min(DIGITS, -math.log10(error / size))


def _error(found: Array, expected: Array, bound: Array, share: Array) -> str:
    """The worst element, and how many are wrong."""
    place = np.unravel_index(int(share.argmax()), share.shape)
    where = f"element {[int(i) for i in place]}" if place else "the value"
    ratio = f", ratio {found[place] / expected[place]:.6g}" if expected[place] else ""
    wrong = int(np.count_nonzero(share > 1))
    return (
        f"{where}: expected {expected[place]:.9g} ± {bound[place]:.1g} by rounding, found {found[place]:.9g}{ratio}; "
        f"{wrong} of {found.size} elements wrong"
    )
