"""Formulas mean what the nodes compute: they are evaluated, as text, on numbers."""

from __future__ import annotations

import operator
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netcli.analysis.inspect.formula import LONGEST, formulas
from netcli.graph import Node, TensorType, constant, placeholder, topological
from netcli.ops import batch_broadcast, broadcast, dense, exp, greater, reshape, select

NAMES = {"a": 2.5, "b": -1.5, "c": 0.75}
LEAVES = {name: placeholder(name, TensorType((), "float64")) for name in NAMES}
OPERATIONS: list[Callable[[float, float], float]] = [operator.add, operator.sub, operator.mul, operator.truediv]


def name(node: Node) -> str:
    """What a leaf is called."""
    return next(name for name, leaf in LEAVES.items() if leaf is node)


def formula(node: Node) -> str:
    """The formula of a node down to the leaves."""
    return formulas([x for x in topological([node]) if x.inputs], name)[node]


TREES = st.recursive(
    st.sampled_from(sorted(NAMES)).map(lambda leaf: (LEAVES[leaf], NAMES[leaf])),
    lambda inner: (
        st.tuples(st.sampled_from(OPERATIONS), inner, inner).map(lambda t: (t[0](t[1][0], t[2][0]), _value(*t)))
        | inner.map(lambda x: (-x[0], -x[1]))
    ),
    max_leaves=9,
)


def _value(operation: Callable[[float, float], float], left: tuple[Node, float], right: tuple[Node, float]) -> float:
    return float("nan") if operation is operator.truediv and right[1] == 0 else operation(left[1], right[1])


@given(TREES)
def test_the_text_of_a_formula_has_the_value_of_the_nodes(tree: tuple[Node, float]) -> None:
    node, value = tree
    if not node.inputs or value != value:
        return
    text = formula(node).replace("−", "-").replace("·", "*")
    assert eval(text, {}, NAMES) == pytest.approx(value)


def test_only_needed_parentheses() -> None:
    a, b, c = (LEAVES[letter] for letter in "abc")
    assert formula(a * (1.0 - a)) == "a · (1 − a)"
    assert formula(a - (b - c)) == "a − (b − c)"
    assert formula(a + (b - c)) == "a + b − c"
    assert formula(a / (b * c)) == "a / (b · c)"
    assert formula(-(a * b)) == "−(a · b)"
    assert formula(exp(a + b) * c) == "exp(a + b) · c"
    assert formula(select(greater(a, 0.0), b, 0.0)) == "select(a > 0, b, 0)"


def test_a_product_with_one_is_the_other_factor() -> None:
    a, b = LEAVES["a"], LEAVES["b"]
    assert formula(1.0 * a - b) == "a − b"
    assert formula((a + b) * 1.0 * b) == "(a + b) · b"


def test_changes_of_form_show_only_where_nothing_else_is_left() -> None:
    wide = TensorType((1,), "float64", varying=True)
    leaf = LEAVES["x"] = placeholder("x", wide)
    try:
        assert formula(reshape(leaf, (1, 1))) == "reshape(x)"
        assert formula(broadcast(reshape(leaf, (1, 1)), (1, 5))) == "broadcast(x)"
        assert formula(reshape(broadcast(leaf, (5,)), (5, 1))) == "broadcast(x)"
        assert formula(reshape(leaf * leaf, (1, 1))) == "x · x"
        assert formula(-reshape(leaf, (1, 1))) == "−x"
        assert formula(batch_broadcast(LEAVES["a"], leaf)) == "batch_broadcast(a)"
    finally:
        del LEAVES["x"]


def test_switches_are_named() -> None:
    x, w = placeholder("x", TensorType((3,), "float64", varying=True)), placeholder("w", TensorType((4, 3), "float64"))
    node = dense(x, w, transposed=True)
    assert formulas([node], lambda leaf: "x" if leaf is x else "w")[node] == "dense(x, w, transposed)"


def test_numbers_and_arrays_of_numbers() -> None:
    a = LEAVES["a"]
    assert formula(a * 5e-05) == "a · 5e-05"
    table = constant([1.0, 2.0], "float64")
    assert formulas([table * table], name)[table * table] == "constant · constant"


def test_a_formula_does_not_explode() -> None:
    node = LEAVES["a"]
    for _ in range(60):  # 2⁶⁰ letters, written out
        node = node + node
    assert len(formula(node)) <= LONGEST
