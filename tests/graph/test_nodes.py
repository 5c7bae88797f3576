"""Nodes: one for each operation on the same inputs, and immutable."""

from __future__ import annotations

import gc

import numpy as np
import pytest

from netcli.errors import GraphError
from netcli.graph import Node, TensorType, Variable, as_node, constant, op_of, placeholder, variable
from netcli.ops import exp, random_uniform, relu
from netcli.ops.arithmetic import Add


def scalar(label: str = "x") -> Node:
    return placeholder(label, TensorType((), "float64"))


def test_the_same_operation_on_the_same_inputs_is_the_same_node() -> None:
    x, y = scalar(), scalar("y")
    assert x + y is x + y
    assert Node(Add(), (x, y)) is x + y
    assert relu(exp(x)) is relu(exp(x))


def test_the_order_of_inputs_matters() -> None:
    x, y = scalar(), scalar("y")
    assert x + y is not y + x


def test_two_placeholders_are_two_whatever_their_names() -> None:
    assert scalar("x") is not scalar("x")


def test_two_variables_are_two_whatever_their_names() -> None:
    def zero(generator: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        return np.zeros(shape)

    assert variable("w", (), zero) is not variable("w", (), zero)


def test_constants_are_their_value() -> None:
    assert constant(1.5) is constant(1.5)
    assert constant([1, 2], "int32") is constant(np.array([1, 2]), "int32")
    assert constant(1.0) is not constant(1.0, "float64")
    assert constant(1, "int32") is not constant(1, "uint32")  # the same bytes
    assert constant([1.0, 2.0]) is not constant([[1.0, 2.0]])
    assert constant(0.0) is not constant(-0.0)


def test_a_constant_holds_its_value() -> None:
    value = constant([[1.0, 2.0], [3.0, 4.0]], "float64").op.forward(np)
    assert value.tolist() == [[1, 2], [3, 4]]
    with pytest.raises(ValueError, match="read-only"):
        value[0, 0] = 7


def test_a_constant_of_any_memory_order() -> None:
    array = np.arange(6.0).reshape(2, 3)
    assert constant(array.T, "float64") is constant(np.ascontiguousarray(array.T), "float64")


def test_random_operations_are_told_apart_by_their_identity() -> None:
    seed, step = (placeholder(label, TensorType((), "uint32")) for label in ("seed", "step"))
    like = placeholder("x", TensorType((2,), varying=True))
    assert random_uniform(seed, step, like, (2,), 0) is random_uniform(seed, step, like, (2,), 0)
    assert random_uniform(seed, step, like, (2,), 0) is not random_uniform(seed, step, like, (2,), 1)


def test_nodes_cannot_be_changed() -> None:
    x = scalar()
    for name in ("op", "inputs", "type", "origin", "anything"):
        with pytest.raises(AttributeError, match=f"cannot set {name}"):
            setattr(x, name, None)


def test_numbers_become_constants_of_the_other_sides_dtype() -> None:
    x = scalar()
    assert as_node(2, x) is constant(2.0, "float64")
    assert as_node(x, x) is x


def test_a_node_that_nobody_holds_is_forgotten() -> None:
    x = scalar()
    gc.collect()
    before = len(Node._made)
    y = exp(x + 1.0)
    assert len(Node._made) == before + 3
    del y
    assert len(Node._made) == before


def test_op_of_wants_the_kind() -> None:
    x = scalar()
    with pytest.raises(GraphError, match="expected a Variable, found <placeholder float64"):
        op_of(x, Variable)


def test_what_does_not_fit_is_no_node() -> None:
    x, y = placeholder("x", TensorType((2,))), placeholder("y", TensorType((3,)))
    with pytest.raises(GraphError, match=r"add cannot broadcast float32\[2\], float32\[3\] to one shape"):
        x + y
