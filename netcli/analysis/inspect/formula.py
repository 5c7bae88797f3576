"""Nodes as formulas: `g · y · (1 − y)`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from netcli.graph import Constant, Node, Notation, read_by

#: A name, a number, a call: nothing binds more strongly.
_ATOM = 9

#: A longer formula is cut down to the name of its outermost operation: nobody reads it, and it may grow exponentially.
LONGEST = 160


@dataclass(frozen=True)
class _Formula:
    """Text, how strongly its outermost operation binds, and the name inside if it is but a name in another form."""

    text: str
    binds: int = _ATOM
    formed: str | None = None


def formulas(nodes: Sequence[Node], name: Callable[[Node], str]) -> dict[Node, str]:
    """The formula of each node, inputs before users among `nodes`; what is not among them is called by `name`.

    Operations that change only a value's form (reshape, broadcast, …) are left out, unless nothing else is left.
    """
    found: dict[Node, _Formula] = {}
    for node in nodes:
        operands = [found[x] if x in found else _Formula(number(x) or name(x)) for x in read_by(node)]
        formula = _formula(node, operands)
        found[node] = formula if len(formula.text) <= LONGEST else _Formula(f"{node.op.name}(…)")
    return {node: formula.text for node, formula in found.items()}


def call(node: Node, operands: Sequence[str], name: str | None = None) -> str:
    """`name(operands)`, by default with the operation's name; switches that are on are named behind the operands."""
    switches = [text.removesuffix("=True") for text in node.op.attributes.split() if text.endswith("=True")]
    arguments = ", ".join([*operands, *switches])
    return f"{name or node.op.name}({arguments})" if arguments else name or node.op.name


def number(node: Node) -> str | None:
    """The value of a constant, None for other nodes."""
    if not isinstance(node.op, Constant):
        return None
    return node.op.attributes.removeprefix("value=") if node.shape == () else "constant"


def _formula(node: Node, operands: Sequence[_Formula]) -> _Formula:
    if node.op.notation:
        return _signed(node.op.notation, operands)
    if node.op.plumbing:
        return _formed(node, operands[0])
    return _Formula(call(node, [operand.formed or operand.text for operand in operands]))


def _signed(notation: Notation, operands: Sequence[_Formula]) -> _Formula:
    """Operands with a sign between them, or before the only one."""
    binds = notation.binds
    if len(operands) == 1:
        return _Formula(f"{notation.sign}{_inside(operands[0], binds)}", binds)
    left, right = operands
    if notation.neutral in {left.text, right.text}:
        return right if left.text == notation.neutral else left
    # a − (b − c) and a / (b / c) need their parentheses, a + (b + c) and a · (b · c) do not
    needed = binds if notation.associative else binds + 1
    return _Formula(f"{_inside(left, binds)} {notation.sign} {_inside(right, needed)}", binds)


def _formed(node: Node, operand: _Formula) -> _Formula:
    """An operand in another form; only a name shows that it has one, the most telling one if it changes more than once."""
    name = operand.text if operand.formed is None else operand.formed
    is_name = operand.formed is not None or (name[:1].isalpha() and "(" not in name and operand.binds == _ATOM)
    if not is_name or (operand.formed is not None and node.op.plumbing == "same"):
        return operand
    return _Formula(f"{node.op.name}({name})", formed=name)


def _inside(operand: _Formula, binds: int) -> str:
    """An operand as it stands beside a sign that binds so strongly."""
    if operand.formed is not None:
        return operand.formed
    return operand.text if operand.binds >= binds else f"({operand.text})"
