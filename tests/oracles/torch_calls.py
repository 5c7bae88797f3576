"""Calls of torch's functions, written with netcli's nodes and layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from leaves import Inexpressible, Layout, Leaves, as_it_is, by_example, folded, rows_along
from parts import average, binary_loss, ceiled, huber, label_loss, reduced, share_loss, tanh_gelu

from netcli.graph import Array, DType, Node
from netcli.layers.batchnorm import BatchNorm
from netcli.layers.elu import Elu
from netcli.layers.gelu import Gelu
from netcli.layers.layer import Layer
from netcli.layers.layernorm import LayerNorm
from netcli.layers.leaky_relu import LeakyRelu
from netcli.layers.relu import Relu
from netcli.layers.silu import Silu
from netcli.ops import (
    Window,
    absolute,
    avg_pool2d,
    cast,
    conv2d,
    dense,
    greater,
    log_softmax,
    max_pool2d,
    reshape,
    same_padding,
    select,
    sigmoid,
    softmax,
    softplus,
    tanh,
)

Tensor = torch.Tensor
Arguments = Mapping[str, Any]


def array_of(tensor: Tensor) -> Array:
    """Its values."""
    return np.ascontiguousarray(tensor.detach().numpy())


class Call:
    """A call that is being translated: its leaves, and those that torch has gradients of, each with its layout."""

    def __init__(self, dtype: DType) -> None:
        self.leaves = Leaves(dtype)
        self.wanted: list[tuple[Node, Tensor, Layout]] = []

    def example(self, tensor: Tensor, layout: Layout = by_example) -> Node:
        """A value per example."""
        node = self.leaves.varying(layout(array_of(tensor)))
        if tensor.requires_grad:
            self.wanted.append((node, tensor, layout))
        return node

    def parameter(self, tensor: Tensor) -> Node:
        """A value for all examples."""
        node = self.leaves.uniform(array_of(tensor))
        if tensor.requires_grad:
            self.wanted.append((node, tensor, as_it_is))
        return node

    def layer(self, layer: Layer, x: Node, *, training: bool = False) -> Node:
        """The output of a layer."""
        return layer.build(self.leaves.building(training=training), x)

    def affine(self, y: Node, a: Arguments, shape: tuple[int, ...]) -> Node:
        """Weight and bias, where there are any, shaped to go with y."""
        if a.get("weight") is not None:
            y = y * reshape(self.parameter(a["weight"]), shape)
        return y if a.get("bias") is None else y + reshape(self.parameter(a["bias"]), shape)


#: From a call, its input and its arguments by name to the node, and the layout of its value. Raises Inexpressible.
Translation = Callable[[Call, Tensor, Arguments], tuple[Node, Layout]]
#: By the name of the operation in torch's list: the names of its arguments after the input, in order, and its translation.
TRANSLATIONS: dict[str, tuple[tuple[str, ...], Translation]] = {}


def translates(operation: str, *names: str) -> Callable[[Translation], Translation]:
    """Register the translation of an operation, whose arguments after the input have these names."""

    def register(translation: Translation) -> Translation:
        TRANSLATIONS[operation] = (names, translation)
        return translation

    return register


# ---------------------------------------------------------------------------------------------------------------- activations


@translates("nn.functional.relu", "inplace")
def _relu(call: Call, x: Tensor, a: Arguments) -> tuple[Node, Layout]:
    return call.layer(Relu(), call.example(x)), by_example


@translates("nn.functional.leaky_relu", "negative_slope", "inplace")
def _leaky_relu(call: Call, x: Tensor, a: Arguments) -> tuple[Node, Layout]:
    return call.layer(LeakyRelu(slope=a.get("negative_slope", 0.01)), call.example(x)), by_example


@translates("nn.functional.elu", "alpha", "inplace")
def _elu(call: Call, x: Tensor, a: Arguments) -> tuple[Node, Layout]:
    return call.layer(Elu(alpha=a.get("alpha", 1.0)), call.example(x)), by_example


@translates("nn.functional.gelu", "approximate")
def _gelu(call: Call, x: Tensor, a: Arguments) -> tuple[Node, Layout]:
    node = call.example(x)
    return tanh_gelu(node) if a.get("approximate") == "tanh" else call.layer(Gelu(), node), by_example


@translates("nn.functional.silu", "inplace")
def _silu(call: Call, x: Tensor, a: Arguments) -> tuple[Node, Layout]:
    return call.layer(Silu(), call.example(x)), by_example


@translates("nn.functional.softplus", "beta", "threshold")
def _softplus(call: Call, x: Tensor, a: Arguments) -> tuple[Node, Layout]:
    beta, threshold, node = float(a.get("beta", 1.0)), float(a.get("threshold", 20.0)), call.example(x)
    if (beta, threshold) == (1.0, 20.0):
        return softplus(node), by_example
    scaled = node * beta
    return select(greater(scaled, threshold), node, softplus(scaled) / beta), by_example


@translates("sigmoid")
def _sigmoid(call: Call, x: Tensor, a: Arguments) -> tuple[Node, Layout]:
    return sigmoid(call.example(x)), by_example


@translates("tanh")
def _tanh(call: Call, x: Tensor, a: Arguments) -> tuple[Node, Layout]:
    return tanh(call.example(x)), by_example


def _along(operation: Callable[[Node], Node]) -> Translation:
    def translation(call: Call, x: Tensor, a: Arguments) -> tuple[Node, Layout]:
        layout = rows_along(a["dim"])
        node = call.example(x, layout)
        kind: DType | None = {torch.float32: "float32", torch.float64: "float64"}.get(a.get("dtype"))  # type: ignore[assignment]
        return operation(cast(node, kind) if kind else node), layout

    return translation


translates("softmax", "dim", "dtype")(_along(softmax))
translates("log_softmax", "dim", "dtype")(_along(log_softmax))


# ------------------------------------------------------------------------------------------------- products, windows, scaling


@translates("nn.functional.linear", "weight", "bias")
def _linear(call: Call, x: Tensor, a: Arguments) -> tuple[Node, Layout]:
    if a["weight"].ndim == 1:
        raise Inexpressible("a weight of one axis")
    y = dense(call.example(x, folded(1)), call.parameter(a["weight"]), transposed=True)
    return y if a.get("bias") is None else y + call.parameter(a["bias"]), folded(1)


@translates("nn.functional.conv2d", "weight", "bias", "stride", "padding", "dilation", "groups")
def _conv2d(call: Call, x: Tensor, a: Arguments) -> tuple[Node, Layout]:
    weight, padding = a["weight"], a.get("padding", 0)
    size, stride, dilation = tuple(weight.shape[2:]), _pair(a.get("stride", 1)), _pair(a.get("dilation", 1))
    if padding == "same":
        around = same_padding(tuple(x.shape[-2:]), size, stride, dilation)
    else:
        around = _around(0 if padding == "valid" else padding)
    y = conv2d(call.example(x, folded(3)), call.parameter(weight), Window(size, stride, around, dilation), a.get("groups", 1))
    return y if a.get("bias") is None else y + reshape(call.parameter(a["bias"]), (len(weight), 1, 1)), folded(3)


def _pair(value: Any) -> tuple[int, int]:
    if isinstance(value, int):
        return (value, value)
    return tuple(value) if len(value) == 2 else (value[0], value[0])  # type: ignore[return-value]


def _around(padding: Any) -> tuple[int, int, int, int]:
    rows, columns = _pair(padding)
    return (rows, rows, columns, columns)


def _window(x: Tensor, a: Arguments) -> tuple[Window, Window]:
    """The window, and as it was declared, before places were counted upwards."""
    size = _pair(a["kernel_size"])
    stride = _pair(a["stride"]) if a.get("stride") else size
    declared = Window(size, stride, _around(a.get("padding", 0)), _pair(a.get("dilation", 1)))
    return ceiled(tuple(x.shape[-2:]), declared) if a.get("ceil_mode") else declared, declared


@translates("nn.functional.max_pool2d", "kernel_size", "stride", "padding", "dilation", "ceil_mode", "return_indices")
def _max_pool2d(call: Call, x: Tensor, a: Arguments) -> tuple[Node, Layout]:
    return max_pool2d(call.example(x, folded(3)), _window(x, a)[0]), folded(3)


@translates(
    "nn.functional.avg_pool2d", "kernel_size", "stride", "padding", "ceil_mode", "count_include_pad", "divisor_override"
)
def _avg_pool2d(call: Call, x: Tensor, a: Arguments) -> tuple[Node, Layout]:
    window, declared = _window(x, a)
    divisor = a.get("divisor_override")
    if divisor is None and not a.get("count_include_pad", True):
        return avg_pool2d(call.example(x, folded(3)), window), folded(3)
    return average(call.example(x, folded(3)), window, declared, None if divisor is None else float(divisor)), folded(3)


@translates("nn.functional.layer_norm", "normalized_shape", "weight", "bias", "eps")
def _layer_norm(call: Call, x: Tensor, a: Arguments) -> tuple[Node, Layout]:
    if not a.get("eps", 1e-5) > 0:
        raise Inexpressible("an epsilon that is not above 0")
    shape = tuple(a["normalized_shape"])
    layout = folded(len(shape))
    y = call.layer(LayerNorm(scale=False, shift=False, epsilon=a.get("eps", 1e-5)), call.example(x, layout))
    return call.affine(y, a, shape), layout


@translates("nn.functional.batch_norm", "running_mean", "running_var", "weight", "bias", "training", "momentum", "eps")
def _batch_norm(call: Call, x: Tensor, a: Arguments) -> tuple[Node, Layout]:
    """Axes after the channels are one, or two, of an image."""
    if not a.get("eps", 1e-5) > 0:
        raise Inexpressible("an epsilon that is not above 0")
    channels = x.shape[1]

    def layout(array: Array) -> Array:
        return array if array.ndim == 2 else array.reshape(len(array), channels, array.shape[2], -1)

    momentum = a.get("momentum", 0.1)  # what becomes of the running statistics is no output of this function
    norm = BatchNorm(momentum=momentum if 0 < momentum <= 1 else 0.1, epsilon=a.get("eps", 1e-5), scale=False, shift=False)
    y = call.layer(norm, call.example(x, layout), training=bool(a.get("training")))
    for name, given in (("running_mean", a.get("running_mean")), ("running_variance", a.get("running_var"))):
        call.leaves.set(f"layer/{name}", np.zeros(channels) if given is None else array_of(given))
    return call.affine(y, a, (channels,) if x.ndim == 2 else (channels, 1, 1)), layout


# --------------------------------------------------------------------------------------------------------------------- losses


def _of_difference(loss: Callable[[Node, Arguments], Node]) -> Translation:
    def translation(call: Call, x: Tensor, a: Arguments) -> tuple[Node, Layout]:
        if x.shape != a["target"].shape:
            raise Inexpressible("a target of another shape")
        if a.get("weight") is not None:
            raise Inexpressible("a weight for each number")
        difference = call.example(x) - call.example(a["target"])
        return _reduced(loss(difference, a), a, x.numel())

    return translation


def _reduced(node: Node, a: Arguments, count: int, layout: Layout = by_example) -> tuple[Node, Layout]:
    reduction = a.get("reduction", "mean")
    return reduced(node, reduction, count), layout if reduction == "none" else as_it_is


def _smooth_l1(difference: Node, a: Arguments) -> Node:
    beta = float(a.get("beta", 1.0))
    return huber(difference, beta) / beta if beta else absolute(difference)


PAIR = ("target", "size_average", "reduce", "reduction")
translates("nn.functional.mse_loss", *PAIR)(_of_difference(lambda d, a: d * d))
translates("nn.functional.l1_loss", *PAIR)(_of_difference(lambda d, a: absolute(d)))
translates("nn.functional.smooth_l1_loss", *PAIR, "beta")(_of_difference(_smooth_l1))
translates("nn.functional.huber_loss", "target", "reduction", "delta")(
    _of_difference(lambda d, a: huber(d, float(a.get("delta", 1.0))))
)


@translates(
    "nn.functional.cross_entropy", "target", "weight", "size_average", "ignore_index", "reduce", "reduction", "label_smoothing"
)
def _cross_entropy(call: Call, x: Tensor, a: Arguments) -> tuple[Node, Layout]:
    target, smoothing = a["target"], float(a.get("label_smoothing", 0.0))
    layout = rows_along(1 if x.ndim > 1 else 0)
    weights = None if a.get("weight") is None else array_of(a["weight"])
    logits, flat = call.example(x, layout), folded(0)
    if target.is_floating_point():
        shares = call.example(target, layout)
        return _reduced(share_loss(logits, shares, weights, smoothing), a, x.numel() // logits.shape[0], flat)
    labels = array_of(target).reshape(-1)
    kept = np.where(labels == a.get("ignore_index", -100), -1, labels)
    reduction = a.get("reduction", "mean")
    loss = label_loss(log_softmax(logits), call.leaves.varying(kept), weights=weights, reduction=reduction, smoothing=smoothing)
    return loss, flat if reduction == "none" else as_it_is


@translates(
    "nn.functional.binary_cross_entropy_with_logits", "target", "weight", "size_average", "reduce", "reduction", "pos_weight"
)
def _binary_cross_entropy(call: Call, x: Tensor, a: Arguments) -> tuple[Node, Layout]:
    if x.shape != a["target"].shape:
        raise Inexpressible("a target of another shape")
    logits, target = call.example(x), call.example(a["target"])

    def spread(weight: Tensor) -> Node:
        return call.leaves.varying(by_example(np.broadcast_to(array_of(weight), x.shape)))

    loss = binary_loss(logits, target, None if a.get("pos_weight") is None else spread(a["pos_weight"]))
    return _reduced(loss if a.get("weight") is None else loss * spread(a["weight"]), a, x.numel())
