"""Winograd's algorithms as operations of the executor: what they compute, and the graphs that they stand in."""

from __future__ import annotations

import numpy as np
import pytest
from support.agreement import check_graph, draw, fed, results, var

from netcli.autodiff import gradients
from netcli.errors import UsageError
from netcli.executors.llvm import LlvmExecutor, winograd
from netcli.executors.llvm.kernels.winograd import F2, F4, Form, turned_around
from netcli.executors.llvm.target import cpu
from netcli.executors.llvm.winograd import WinogradConv2D, WinogradFilter, WinogradWeightGrad, with_winograd
from netcli.graph import Graph, Node, layer
from netcli.ops import Window, batch_mean, conv2d, relu, sum_over
from netcli.ops.conv2d import Conv2D, Conv2DInputGrad, Conv2DWeightGrad

FORMS = pytest.mark.parametrize("form", [F2, F4], ids=str)
SHAPES = pytest.mark.parametrize(("image", "padding"), [((9, 7), (1, 1, 1, 1)), ((5, 8), (0, 2, 1, 0)), ((3, 3), (0, 0, 0, 0))])
EXACT = 1e-12  # of numbers near 1 in float64: some hundred roundings


def numbers(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


@FORMS
@SHAPES
def test_the_operations_are_those_that_they_stand_for(
    form: Form, image: tuple[int, int], padding: tuple[int, int, int, int]
) -> None:
    window = Window((3, 3), padding=padding)
    x, w = numbers(0, 2, 4, *image), numbers(1, 5, 4, 3, 3)
    g = numbers(2, 2, 5, *window.places(image))
    y = WinogradConv2D(form, window).forward(np, x, WinogradFilter(form).forward(np, w))
    np.testing.assert_allclose(y, Conv2D(window).forward(np, x, w), rtol=0, atol=EXACT * 100)
    turned = WinogradFilter(form, rotated=True).forward(np, w)
    dx = WinogradConv2D(form, turned_around(window)).forward(np, g, turned)
    np.testing.assert_allclose(dx, Conv2DInputGrad(window, 1, image).forward(np, w, g), rtol=0, atol=EXACT * 100)
    dw = WinogradWeightGrad(form, window).forward(np, x, g)
    np.testing.assert_allclose(dw, Conv2DWeightGrad(window).forward(np, x, g), rtol=0, atol=EXACT * 100)


def network(image: tuple[int, int] = (6, 9)) -> dict[str, Node]:
    """Two convolutions, with outputs of each and all gradients."""
    x, padded = fed("x", 3, *image), Window((3, 3), padding=(1, 1, 1, 1))
    with layer("first"):
        y = relu(conv2d(x, var("w", 5, 3, 3, 3), padded) + var("b", 5, 1, 1))
    with layer("second"):
        z = conv2d(y, var("v", 4, 5, 3, 3), Window((3, 3)))
    loss = sum_over(batch_mean(z * z))
    variables = Graph({"loss": loss}).variables
    return {"y": y, "loss": loss, **{f"d{i}": dx for i, dx in enumerate(gradients([loss], variables))}}


@pytest.fixture(params=[F2, F4], ids=str)
def always(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Form:
    """Every convolution that can be is computed by this form."""
    for name in ("winograd_conv2d_form", "winograd_input_grad_form", "winograd_weight_grad_form"):
        monkeypatch.setattr(winograd, name, lambda *_: request.param)
    return request.param


@pytest.mark.usefixtures("always")
def test_graphs_with_it_agree_with_float64() -> None:
    check_graph(LlvmExecutor(2), network())


@pytest.mark.usefixtures("always")
def test_the_bits_do_not_depend_on_the_number_of_threads() -> None:
    graph = Graph(network())
    state, feeds = draw(graph, 150)
    alone = results(graph, state, feeds, LlvmExecutor(1))
    for threads in (2, 3, 7):
        for name, value in results(graph, state, feeds, LlvmExecutor(threads)).items():
            np.testing.assert_array_equal(value, alone[name], err_msg=f"{name} on {threads} threads")


@pytest.mark.usefixtures("always")
def test_the_rewritten_graph_has_the_same_outputs_types_and_layers() -> None:
    before = Graph(network())
    after = with_winograd(before, cpu(), 4)
    assert {name: node.type for name, node in after.outputs.items()} == {
        name: node.type for name, node in before.outputs.items()
    }
    made = {node.op.name: node for node in after.nodes if node.op.name.startswith("winograd")}
    assert made.keys() == {"winograd_conv2d", "winograd_filter", "winograd_weight_grad"}
    assert {node.origin.layer for node in after.nodes if node.op.name == "winograd_conv2d"} == {"first", "second"}
    assert not any(isinstance(node.op, Conv2D | Conv2DInputGrad | Conv2DWeightGrad) for node in after.nodes)


def test_other_windows_and_few_channels_stay_as_they_are() -> None:
    x = fed("x", 64, 12, 12)
    for window in (Window((5, 5)), Window((3, 3), stride=(2, 2)), Window((3, 3), dilation=(2, 2)), Window((3, 1))):
        graph = Graph({"y": conv2d(x, var("w", 64, 64, *window.size), window)})
        assert with_winograd(graph, cpu(), 4).nodes == graph.nodes
    single = Graph({"y": conv2d(fed("x", 1, 12, 12), var("w", 2, 1, 3, 3), Window((3, 3)))})
    assert with_winograd(single, cpu(), 4).nodes == single.nodes


def test_the_switch(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = LlvmExecutor(1).fingerprint
    monkeypatch.setenv("NETCLI_WINOGRAD", "off")
    assert LlvmExecutor(1).fingerprint == f"{usual}, direct convolutions"
    monkeypatch.setenv("NETCLI_WINOGRAD", "on")
    with pytest.raises(UsageError, match='NETCLI_WINOGRAD is auto or off, found "on"'):
        check_graph(LlvmExecutor(2), network())
