"""What a wrong derivative looks like: the usual slips, each tried on the numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from netcli.autodiff.gradcheck.examine import element_direction
from netcli.autodiff.gradcheck.function import Evaluate, Function
from netcli.autodiff.gradcheck.tolerance import STEP
from netcli.autodiff.reverse import gradients
from netcli.graph import Array, Node, placeholder, topological

#: Elements that are looked at.
_ELEMENTS = 60
#: How near an explanation must come to what was expected, as a share of the largest derivative.
_NEAR = 1e-4


@dataclass(frozen=True, eq=False)
class Trial:
    """The derivative of an operation with respect to one input, its results weighted with a cotangent.

    `found` is the whole gradient, `expected` are central differences of the `elements` of it; `known` are inputs and result of
    the shape of the input, by name.
    """

    y: Node
    x: Node
    batch: int
    elements: Array
    expected: Array
    found: Array
    known: Mapping[str, Array]

    @staticmethod
    def of(y: Node, x: Node, values: Mapping[Node, Array], evaluate: Evaluate, cotangent: Array) -> Trial:
        """Try the operation y on leaves with these values."""
        seed = placeholder("cotangent", y.type)
        (gradient,) = gradients([y], [x], [seed], unconnected="zero")
        nodes = topological([y, gradient])
        given = {**values, seed: cotangent}
        known = {**given, **dict(zip(nodes, evaluate(nodes, given), strict=True))}
        function = Function(x, [(y, cotangent)], gradient, known, evaluate)
        value = values[x]
        elements = np.arange(value.size)
        if value.size > _ELEMENTS:
            elements = np.sort(np.random.default_rng(0).choice(value.size, _ELEMENTS, replace=False))
        expected = [
            function.slopes(direction, STEP).expected / float(direction.flat[element])
            for element, direction in ((element, element_direction(value, int(element))) for element in elements)
        ]
        varying = next((values[leaf] for leaf in y.inputs if leaf.type.varying), None)
        named = {"the result": known[y], **{f"input {i}": values[leaf] for i, leaf in enumerate(y.inputs)}}
        alike = {name: array for name, array in named.items() if array.shape == value.shape and array.dtype == value.dtype}
        batch = 0 if varying is None else len(varying)
        return Trial(y, x, batch, elements, np.array(expected), known[gradient], alike)

    def near(self, candidate: Array) -> bool:
        """Whether this would be the derivative."""
        error = np.abs(candidate.reshape(-1)[self.elements] - self.expected)
        return bool((error <= _NEAR * max(float(np.abs(self.expected).max()), 1e-9)).all())

    @property
    def at(self) -> Array:
        """The gradient at the elements."""
        return np.asarray(self.found.reshape(-1)[self.elements])

    def ratio(self) -> float | None:
        """found / expected, if it is the same everywhere."""
        size = float(self.expected @ self.expected)
        ratio = float(self.at @ self.expected) / size if size else 0.0
        return ratio if ratio and self.near(self.found / ratio) else None


def suggestions(weighted: Trial, even: Trial) -> tuple[str, ...]:
    """What an error looks like, from a trial with a random cotangent and one with ones; empty if like nothing known."""
    if not weighted.found.any():
        return ("the derivative is zero: the rule returns None or 0 for this input, or its value is never used",)
    if weighted.near(weighted.found):
        return ()  # too small an error to tell what it looks like
    ratio = weighted.ratio()
    if ratio is not None:
        return (_factor(ratio, weighted),)
    for name, moved in (*_moved(weighted), *_multiplied(weighted)):
        for sign, minus in ((1.0, ""), (-1.0, ", with the wrong sign")):
            if weighted.near(sign * moved):
                return (f"{name}{minus}",)
    if np.allclose(np.abs(weighted.at), np.abs(weighted.expected), rtol=_NEAR, atol=1e-9):
        return ("some signs are wrong: the sizes are right",)
    ratio = even.ratio()
    if ratio is not None:
        found = [(name, n) for name, n in _lengths(even) if math.isclose(ratio * n, 1.0, rel_tol=_NEAR)]
        if found:
            n, names = found[0][1], " or ".join(name for name, _ in found)
            return (f"a sum is missing: one of {n} terms is taken, and {n} is {names}",)
    return _few(weighted)


def _factor(ratio: float, trial: Trial) -> str:
    """A factor that is the same everywhere, in words."""
    size = abs(ratio)
    minus = "the sign is wrong, and " if ratio < 0 else ""
    if math.isclose(size, 1.0, rel_tol=_NEAR):
        return "the sign is wrong"
    larger = [name for name, n in _lengths(trial) if math.isclose(size, n, rel_tol=_NEAR)]
    smaller = [name for name, n in _lengths(trial) if math.isclose(size * n, 1.0, rel_tol=_NEAR)]
    if larger:
        return f"{minus}it is {size:.4g} times too large, as for a sum in place of a mean: that is {' or '.join(larger)}"
    if smaller:
        return f"{minus}it is {1 / size:.4g} times too small, as for a mean in place of a sum: that is {' or '.join(smaller)}"
    if math.isclose(size, 2.0, rel_tol=_NEAR) or math.isclose(size, 0.5, rel_tol=_NEAR):
        return f"{minus}a factor of 2: one of two equal terms is missing or counted twice"
    return f"{minus}a factor of {size:.6g} everywhere"


def _lengths(trial: Trial) -> Iterator[tuple[str, int]]:
    """What a derivative may be summed over, of more than one term: the batch, axes, all elements."""
    if trial.batch > 1:
        yield "the size of the batch", trial.batch
    seen = {1, trial.batch}
    for what, node in (("the result", trial.y), *((f"input {i}", x) for i, x in enumerate(trial.y.inputs))):
        for axis, n in enumerate(node.shape):
            if n not in seen:
                seen.add(n)
                yield f"the length of axis {axis - len(node.shape)} of {what}", n
        if node.type.size not in seen:
            seen.add(node.type.size)
            yield f"the number of elements of {what}", node.type.size


def _moved(trial: Trial) -> Iterator[tuple[str, Array]]:
    """The gradient with its elements in another order, as after a slip, undone."""
    found, rank = trial.found, len(trial.x.shape)
    if rank >= 2:
        *rest, rows, columns = found.shape
        square = rows == columns
        name = "the last two axes are transposed" if square else "its elements lie as if the last two axes were transposed"
        yield name, found.reshape(*rest, columns, rows).swapaxes(-1, -2)
        yield "rows and columns run backwards: a kernel is flipped", found[..., ::-1, ::-1]
    if rank >= 1:
        yield "the last axis runs backwards", found[..., ::-1]
        for shift in (1, -1):
            yield "the last axis is shifted by one", np.roll(found, shift, axis=-1)


def _multiplied(trial: Trial) -> Iterator[tuple[str, Array]]:
    """The gradient with a factor that may have been forgotten, and without one that may be too much."""
    for name, value in trial.known.items():
        yield f"a factor is missing: {name}", trial.found * value
        if value.all():
            yield f"there is a factor too much: {name}", trial.found / value


def _few(trial: Trial) -> tuple[str, ...]:
    """Whether most elements are right, or all are off by one number."""
    off = trial.at - trial.expected
    size = max(float(np.abs(trial.expected).max()), 1e-9)
    wrong = np.abs(off) > _NEAR * size
    if np.ptp(off) <= _NEAR * size and wrong.all():
        return (f"a term of {float(off.mean()):.6g} is added everywhere",)
    if wrong.sum() * 4 <= len(off):
        return (f"{int(wrong.sum())} of {len(off)} elements are wrong: an index or a border, rather than the formula",)
    return ()
