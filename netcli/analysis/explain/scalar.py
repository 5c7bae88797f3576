"""One number of a network, as a person names it: `conv1/weight[3,0,1,2]`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from netcli.errors import UsageError
from netcli.graph import Node, Variable, op_of
from netcli.layers.building import counted, shape_text
from netcli.layers.stack import Model
from netcli.settings import nearest

_FORM = re.compile(r"(?P<label>[^\[\]]+)(?P<index>\[[^\[\]]*\])?")


@dataclass(frozen=True)
class Scalar:
    """A parameter, and the index of one of its elements; None where the text has no brackets and there are several."""

    parameter: Node
    index: tuple[int, ...] | None


def scalar_of(text: str, model: Model) -> Scalar:
    """The element that a text names. Raises UsageError: no such parameter, an index that is none of its shape's."""
    match = _FORM.fullmatch(text.replace(" ", ""))
    if match is None:
        raise UsageError(f'"{text}" is not a parameter with an index', hint="write NAME[INDEX,…], as in conv1/weight[3,0,1,2]")
    parameter = _parameter(match["label"], model)
    if match["index"] is None:
        return Scalar(parameter, None if parameter.shape else ())
    return Scalar(parameter, _index(text, match["index"], parameter))


def _parameter(label: str, model: Model) -> Node:
    """The trained variable of this name."""
    parameters = {op_of(w, Variable).label: w for w in model.parameters}
    if label in parameters:
        return parameters[label]
    if label in model.variables:
        hint = f"parameters are: {_listed(parameters)}"
        raise UsageError(f"{label} is not trained: no derivative of the loss is taken with respect to it", hint=hint)
    close = nearest(label, parameters)
    hint = f'did you mean "{close}"?' if close else ""
    raise UsageError(f'unknown parameter "{label}"', hint="\n".join(filter(None, [hint, f"there are: {_listed(parameters)}"])))


def _listed(parameters: dict[str, Node]) -> str:
    return ", ".join(f"{label} ({shape_text(w.shape)})" for label, w in parameters.items())


def _index(text: str, brackets: str, parameter: Node) -> tuple[int, ...]:
    """The index in the brackets."""
    label, shape = op_of(parameter, Variable).label, parameter.shape
    written = brackets[1:-1].split(",") if brackets != "[]" else []
    what = f"{label} is {shape_text(shape)}" if shape else f"{label} is one number"
    for part in written:
        if ":" in part or part == "...":
            raise UsageError(
                f'"{text}" is a slice: the derivative is that of one number', hint=f"{what}: give one index per axis"
            )
        if not re.fullmatch(r"-?[0-9]+", part):
            raise UsageError(f'"{part}" in "{text}" is not an index', hint=f"{what}: indices are whole numbers from 0")
    if len(written) != len(shape):
        given = counted(len(written), "index").replace("indexs", "indices")
        wanted = f"[{','.join('0' for _ in shape)}] is its first number" if shape else f"write {label} alone"
        raise UsageError(f'"{text}" has {given}, expected {len(shape)}', hint=f"{what}: {wanted}")
    index = tuple(map(int, written))
    for axis, (place, size) in enumerate(zip(index, shape, strict=True)):
        if not 0 <= place < size:
            hint = f"{what}: index {axis + 1} runs from 0 to {size - 1}"
            raise UsageError(f'the index {place} in "{text}" is out of range', hint=hint)
    return index


def written(label: str, index: tuple[int, ...]) -> str:
    """The name of an element: conv1/weight[3,0,1,2]."""
    return f"{label}[{','.join(map(str, index))}]" if index else label
