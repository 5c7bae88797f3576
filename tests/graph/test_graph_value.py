"""Graphs: what they contain, their names, their text, and their verification."""

from __future__ import annotations

from textwrap import dedent

import numpy as np
import pytest

from netcli.autodiff import gradients
from netcli.errors import GraphError
from netcli.graph import Array, Graph, Node, Shape, TensorType, derivative_of, layer, phase, placeholder, text, variable, verify
from netcli.ops import Window, batch_mean, conv2d, dense, exp, relu, reshape, sum_over


def zeros(generator: np.random.Generator, shape: Shape) -> Array:
    return np.zeros(shape)


def network() -> Graph:
    """One step of a small network: convolution, relu, dense, half the sum of squares."""
    x = placeholder("x", TensorType((1, 4, 4), varying=True))
    w, b = variable("conv1/weight", (2, 1, 3, 3), zeros), variable("conv1/bias", (2, 1, 1), zeros)
    v = variable("dense1/weight", (8, 3), zeros)
    with layer("conv1", 3):
        hidden = conv2d(x, w, Window((3, 3))) + b
    with layer("relu1", 4):
        hidden = relu(hidden)
    with layer("dense1", 5):
        y = dense(reshape(hidden, (8,)), v)
    with layer("loss", 6):
        loss = batch_mean(sum_over(y * y) * 0.5)
    updates = dict(zip((w, b, v), gradients([loss], [w, b, v]), strict=True))
    with phase("update"):
        return Graph({"loss": loss, "y": y}, {target: target - 0.1 * g for target, g in updates.items()})


def test_text() -> None:
    graph = network()
    verify(graph)
    assert text(graph) == dedent("""\
        x = placeholder : float32[n,1,4,4]
        conv1/weight = variable : float32[2,1,3,3]
        conv1/conv2d = conv2d(x, conv1/weight) window=3x3 : float32[n,2,2,2]
        conv1/bias = variable : float32[2,1,1]
        conv1/add = add(conv1/conv2d, conv1/bias) : float32[n,2,2,2]
        relu1/relu = relu(conv1/add) : float32[n,2,2,2]
        dense1/reshape = reshape(relu1/relu) before=(2,2,2) after=(8) : float32[n,8]
        dense1/weight = variable : float32[8,3]
        dense1/dense = dense(dense1/reshape, dense1/weight) : float32[n,3]
        loss/multiply = multiply(dense1/dense, dense1/dense) : float32[n,3]
        loss/sum = sum(loss/multiply) axes=(-1) : float32[n,1]
        loss/reshape = reshape(loss/sum) before=(1) after=() : float32[n]
        loss/multiply_1 = multiply(loss/reshape, 0.5) : float32[n]
        loss/batch_sum = batch_sum(loss/multiply_1) : float32[]
        loss/batch_size = batch_size(loss/multiply_1) : float32[]
        loss/divide = divide(loss/batch_sum, loss/batch_size) : float32[]
        gradients/relu1/greater = greater(relu1/relu, 0) : bool[n,2,2,2]
        gradients/loss/divide = divide(1, loss/batch_size) : float32[]
        gradients/loss/batch_broadcast = batch_broadcast(gradients/loss/divide, loss/multiply_1) : float32[n]
        gradients/loss/multiply = multiply(gradients/loss/batch_broadcast, 0.5) : float32[n]
        gradients/loss/reshape = reshape(gradients/loss/multiply) before=() after=(1) : float32[n,1]
        gradients/loss/broadcast = broadcast(gradients/loss/reshape) shape=(3) : float32[n,3]
        gradients/loss/multiply_1 = multiply(gradients/loss/broadcast, dense1/dense) : float32[n,3]
        gradients/dense1/add = add(gradients/loss/multiply_1, gradients/loss/multiply_1) : float32[n,3]
        gradients/dense1/dense = dense(gradients/dense1/add, dense1/weight) transposed=True : float32[n,8]
        gradients/dense1/reshape = reshape(gradients/dense1/dense) before=(8) after=(2,2,2) : float32[n,2,2,2]
        gradients/relu1/select = select(gradients/relu1/greater, gradients/dense1/reshape, 0) : float32[n,2,2,2]
        gradients/conv1/conv2d_weight_grad = conv2d_weight_grad(x, gradients/relu1/select) window=3x3 : float32[2,1,3,3]
        update/multiply = multiply(0.1, gradients/conv1/conv2d_weight_grad) : float32[2,1,3,3]
        update/conv1/weight = subtract(conv1/weight, update/multiply) : float32[2,1,3,3]
        gradients/conv1/sum = sum(gradients/relu1/select) axes=(-2,-1) : float32[n,2,1,1]
        gradients/conv1/batch_sum = batch_sum(gradients/conv1/sum) : float32[2,1,1]
        update/multiply_1 = multiply(0.1, gradients/conv1/batch_sum) : float32[2,1,1]
        update/conv1/bias = subtract(conv1/bias, update/multiply_1) : float32[2,1,1]
        gradients/dense1/dense_weight_grad = dense_weight_grad(dense1/reshape, gradients/dense1/add) : float32[8,3]
        update/multiply_2 = multiply(0.1, gradients/dense1/dense_weight_grad) : float32[8,3]
        update/dense1/weight = subtract(dense1/weight, update/multiply_2) : float32[8,3]
        output loss = loss/divide
        output y = dense1/dense
        update conv1/weight := update/conv1/weight
        update conv1/bias := update/conv1/bias
        update dense1/weight := update/dense1/weight
    """)


def test_text_does_not_depend_on_what_was_made_before() -> None:
    first = text(network())
    network()
    assert text(network()) == first


def test_names_are_unique() -> None:
    names = network().names
    assert len(set(names.values())) == len(names)


def test_parts_of_a_graph() -> None:
    graph = network()
    assert list(graph.placeholders) == ["x"]
    assert [graph.names[node] for node in graph.variables] == ["conv1/weight", "conv1/bias", "dense1/weight"]
    (x,) = graph.placeholders.values()
    assert [graph.names[user] for user in graph.users[x]] == ["conv1/conv2d", "gradients/conv1/conv2d_weight_grad"]
    y = graph.outputs["y"]
    assert graph.users[y].count(next(user for user in graph.users[y] if user.op.name == "multiply")) == 1


def test_origins_say_layer_line_phase_and_forward_node() -> None:
    x = placeholder("x", TensorType((2,), "float64"))
    with layer("hidden", 12):
        y = exp(x)
    assert (y.origin.layer, y.origin.line, y.origin.phase, y.origin.forward) == ("hidden", 12, "forward", None)
    with derivative_of(y):
        dy = y * 2.0
    assert (dy.origin.layer, dy.origin.line, dy.origin.phase, dy.origin.forward) == ("hidden", 12, "backward", y)
    with phase("update"), layer("sgd"):
        new = x - 1.0
    assert (new.origin.phase, new.origin.layer) == ("update", "sgd")
    assert (x * 3.0).origin.layer == ""


def test_origin_is_not_identity() -> None:
    x = placeholder("x", TensorType((), "float64"))
    y = exp(x)
    with layer("other"):
        assert exp(x) is y


def test_verify_finds_an_update_of_another_type() -> None:
    w = variable("w", (2,), zeros)
    with pytest.raises(GraphError, match=r"the update of w, float32\[2\], has the type float32\[\]"):
        verify(Graph({}, {w: sum_over(w)}))


def test_verify_finds_an_update_of_what_is_no_variable() -> None:
    x = placeholder("x", TensorType((2,)))
    with pytest.raises(GraphError, match="expected a Variable"):
        verify(Graph({}, {x: x}))


def test_verify_finds_two_leaves_of_one_name() -> None:
    one, two = variable("w", (2,), zeros), variable("w", (2,), zeros)
    with pytest.raises(GraphError, match="two leaves are called w"):
        verify(Graph({"y": one + two}))


def test_verify_finds_a_node_of_a_wrong_type() -> None:
    y = exp(placeholder("x", TensorType((2,))))
    object.__setattr__(y, "type", TensorType((3,)))  # as a wrong pass would make it
    with pytest.raises(GraphError, match=r"exp says float32\[3\], its inputs give float32\[2\]"):
        verify(Graph({"y": y}))


def test_types_as_text() -> None:
    assert str(TensorType((3, 4), "float32", varying=True)) == "float32[n,3,4]"
    assert str(TensorType((), "uint32")) == "uint32[]"
    assert str(TensorType((), varying=True)) == "float32[n]"
    assert TensorType((3, 4)).size == 12
    assert (TensorType((), "bool").is_float, TensorType((), "float64").is_float) == (False, True)


def test_repr_names_operation_type_and_layer() -> None:
    x = placeholder("x", TensorType((2,)))
    with layer("hidden"):
        y: Node = exp(x)
    assert repr(y) == "<exp float32[2] of hidden>"
