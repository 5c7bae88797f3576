"""ONNX's models, written with netcli's nodes and layers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from leaves import Inexpressible, Layout, Leaves, as_it_is, by_example, folded, rows_along
from onnx import numpy_helper
from parts import average, ceiled, label_loss, tanh_gelu

from netcli.graph import Array, DType, Node, constant
from netcli.layers.batchnorm import BatchNorm
from netcli.layers.elu import Elu
from netcli.layers.gelu import Gelu
from netcli.layers.layernorm import LayerNorm
from netcli.layers.leaky_relu import LeakyRelu
from netcli.layers.relu import Relu
from netcli.ops import (
    Window,
    avg_pool2d,
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
    sqrt,
    sum_over,
    tanh,
)

Attributes = Mapping[str, Any]


@dataclass(frozen=True)
class Value:
    """A result: its node, and the layout of what it is compared with."""

    node: Node
    layout: Layout = by_example


#: What an ONNX node reads: an array that is given, or the result of another node; None where an optional one is left out.
Input = Array | Value | None


class Translator:
    """A model that is being translated."""

    def __init__(self, opset: int, dtype: DType) -> None:
        self.opset, self.leaves = opset, Leaves(dtype)

    def example(self, given: Input, layout: Layout = by_example) -> Node:
        """A value per example. Raises Inexpressible for a result that would have to be laid out anew."""
        if isinstance(given, Value):
            if layout is not by_example or given.layout is not by_example:
                raise Inexpressible("a result in another layout")
            return given.node
        assert given is not None
        return self.leaves.varying(layout(_checked(given)))

    def parameter(self, given: Input) -> Node:
        """A value for all examples. Raises Inexpressible for one that is computed."""
        if given is None or isinstance(given, Value):
            raise Inexpressible("a parameter that is computed")
        return self.leaves.uniform(_checked(given))


def _checked(array: Array) -> Array:
    if array.dtype not in {np.dtype(kind) for kind in ("float32", "float64", "int32")}:
        raise Inexpressible(f"arrays of {array.dtype}")
    if array.size == 0:
        raise Inexpressible("an empty array")
    return array


#: From the translator, the inputs and the attributes to the results.
Translation = Callable[[Translator, Sequence[Input], Attributes], Sequence[Value]]
TRANSLATIONS: dict[str, Translation] = {}


def translates(*operators: str) -> Callable[[Translation], Translation]:
    """Register the translation of an operator; of several, it is told which by the attribute `operator`."""

    def register(translation: Translation) -> Translation:
        TRANSLATIONS.update(dict.fromkeys(operators, translation))
        return translation

    return register


def translated(model: onnx.ModelProto, given: Sequence[Array]) -> tuple[Leaves, list[Value]]:
    """The leaves and the results of a model. Raises Inexpressible."""
    graph = model.graph
    values: dict[str, Input] = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    named = [each.name for each in graph.input if each.name not in values]
    values |= dict(zip(named, given, strict=True))
    wide = any(isinstance(array, np.ndarray) and array.dtype == np.float64 for array in values.values())
    translator = Translator(model.opset_import[0].version, "float64" if wide else "float32")
    for node in graph.node:
        attributes = {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
        if node.op_type == "Constant":
            values[node.output[0]] = numpy_helper.to_array(attributes["value"])
            continue
        inputs = [values[name] if name else None for name in node.input]
        results = TRANSLATIONS[node.op_type](translator, inputs, {**attributes, "operator": node.op_type})
        wanted = [name for name in node.output if name]
        if len(wanted) > len(results):
            raise Inexpressible(f"the further outputs of {node.op_type}")
        values |= {name: result for name, result in zip(node.output, results, strict=False) if name}
    found = [values[each.name] for each in graph.output]
    if not all(isinstance(each, Value) for each in found):
        raise Inexpressible("a constant result")
    return translator.leaves, [each for each in found if isinstance(each, Value)]


# ---------------------------------------------------------------------------------------------------------------- activations


@translates("Relu", "LeakyRelu", "Elu", "Selu", "Gelu", "Sigmoid", "Tanh", "Softplus")
def _activation(t: Translator, inputs: Sequence[Input], a: Attributes) -> Sequence[Value]:
    x, building = t.example(inputs[0]), t.leaves.building()
    match a["operator"]:
        case "Relu":
            y = Relu().build(building, x)
        case "LeakyRelu":
            y = LeakyRelu(slope=a.get("alpha", 0.01)).build(building, x)
        case "Elu":
            y = Elu(alpha=a.get("alpha", 1.0)).build(building, x)
        case "Selu":
            y = Elu(alpha=a.get("alpha", 1.67326319217681884765625)).build(building, x) * a.get(
                "gamma", 1.05070102214813232421875
            )
        case "Gelu":
            y = tanh_gelu(x) if a.get("approximate") == b"tanh" else Gelu().build(building, x)
        case "Sigmoid":
            y = sigmoid(x)
        case "Tanh":
            y = tanh(x)
        case _:
            y = softplus(x)
    return [Value(y)]


@translates("PRelu")
def _prelu(t: Translator, inputs: Sequence[Input], a: Attributes) -> Sequence[Value]:
    """The slope is broadcast to x, from the right; that of PyTorch's models has one number per channel."""
    x, slope = t.example(inputs[0]), inputs[1]
    if slope is None or isinstance(slope, Value):
        raise Inexpressible("a parameter that is computed")
    if slope.ndim == len(x.shape) + 1 and len(slope) > 1:
        return [Value(select(greater(x, 0.0), x, t.example(slope) * x))]
    if slope.shape == x.shape[:1]:
        shaped = slope.reshape(-1, *(1 for _ in x.shape[1:]))
    else:
        shaped = slope.reshape((1,) * (len(x.shape) - slope.ndim) + slope.shape[max(slope.ndim - len(x.shape), 0) :])
    return [Value(select(greater(x, 0.0), x, t.parameter(shaped) * x))]


@translates("Softmax", "LogSoftmax")
def _softmax(t: Translator, inputs: Sequence[Input], a: Attributes) -> Sequence[Value]:
    """Before opset 13 along all axes from `axis` on, flattened."""
    operation, given = softmax if a["operator"] == "Softmax" else log_softmax, inputs[0]
    if isinstance(given, Value):
        axis = a.get("axis", -1 if t.opset >= 13 else 1)
        if len(given.node.shape) == 1 and axis in {1, -1}:
            return [Value(operation(t.example(given)))]
        raise Inexpressible("a result in another layout")
    assert given is not None
    if t.opset >= 13:
        layout = rows_along(a.get("axis", -1))
    else:
        axis = a.get("axis", 1) % max(given.ndim, 1)

        def layout(array: Array) -> Array:
            return array.reshape(math.prod(array.shape[:axis]), -1)

    return [Value(operation(t.example(given, layout)), layout)]


# ------------------------------------------------------------------------------------------------------------ images, windows


def _image(t: Translator, given: Input) -> tuple[Node, Layout, int]:
    """An image, its layout and how many axes are spatial: a signal of one is an image of one row."""
    if isinstance(given, Value):
        return t.example(given), by_example, 2
    assert given is not None
    if given.ndim == 4:
        return t.example(given), by_example, 2
    if given.ndim == 3:
        layout: Layout = lambda array: array[:, :, None, :]  # noqa: E731 - a name for it says no more
        return t.example(given, layout), layout, 1
    raise Inexpressible(f"{given.ndim - 2} spatial axes")


def _two(values: Sequence[int], spatial: int, missing: int) -> tuple[int, int]:
    first, second = values if spatial == 2 else (missing, *values)
    return (first, second)


def _window(x: Node, a: Attributes, size: Sequence[int], spatial: int) -> tuple[Window, Window]:
    """The window, and as it was declared, before places were counted upwards."""
    image = (x.shape[1], x.shape[2])
    kernel = _two(size, spatial, 1)
    stride = _two(a.get("strides", [1] * spatial), spatial, 1)
    dilation = _two(a.get("dilations", [1] * spatial), spatial, 1)
    match a.get("auto_pad", b"NOTSET"):
        case b"SAME_UPPER":
            padding = same_padding(image, kernel, stride, dilation)
        case b"SAME_LOWER":
            top, bottom, left, right = same_padding(image, kernel, stride, dilation)
            padding = (bottom, top, right, left)
        case b"VALID":
            padding = (0, 0, 0, 0)
        case _:
            pads = a.get("pads", [0] * 2 * spatial)
            (top, left), (bottom, right) = _two(pads[:spatial], spatial, 0), _two(pads[spatial:], spatial, 0)
            padding = (top, bottom, left, right)
    declared = Window(kernel, stride, padding, dilation)
    return ceiled(image, declared) if a.get("ceil_mode") else declared, declared


@translates("Conv")
def _conv(t: Translator, inputs: Sequence[Input], a: Attributes) -> Sequence[Value]:
    x, layout, spatial = _image(t, inputs[0])
    weight = inputs[1]
    if weight is None or isinstance(weight, Value):
        raise Inexpressible("a parameter that is computed")
    shaped = weight if spatial == 2 else weight[:, :, None, :]
    window, _ = _window(x, a, weight.shape[2:], spatial)
    y = conv2d(x, t.parameter(shaped), window, a.get("group", 1))
    if len(inputs) > 2 and inputs[2] is not None:
        y = y + reshape(t.parameter(inputs[2]), (len(weight), 1, 1))
    return [Value(y, layout)]


@translates("MaxPool", "AveragePool")
def _pool(t: Translator, inputs: Sequence[Input], a: Attributes) -> Sequence[Value]:
    x, layout, spatial = _image(t, inputs[0])
    window, declared = _window(x, a, a["kernel_shape"], spatial)
    if a["operator"] == "MaxPool":
        return [Value(max_pool2d(x, window), layout)]
    return [Value(average(x, window, declared) if a.get("count_include_pad") else avg_pool2d(x, window), layout)]


@translates("GlobalAveragePool", "GlobalMaxPool")
def _global_pool(t: Translator, inputs: Sequence[Input], a: Attributes) -> Sequence[Value]:
    x, layout, _ = _image(t, inputs[0])
    _, rows, columns = x.shape
    if a["operator"] == "GlobalMaxPool":
        return [Value(max_pool2d(x, Window((rows, columns))), layout)]
    return [Value(sum_over(x, (-2, -1)) / float(rows * columns), layout)]


# --------------------------------------------------------------------------------------------------- products, scaling, shapes


@translates("Gemm", "MatMul")
def _matrices(t: Translator, inputs: Sequence[Input], a: Attributes) -> Sequence[Value]:
    """alpha · A B + beta · C; A has the examples, B is the weight."""
    left, right, *rest = inputs
    if isinstance(right, Value) or right is None or right.ndim != 2:
        raise Inexpressible("a right factor that is no weight")
    if not isinstance(left, Value) and (left is None or left.ndim != 2):
        raise Inexpressible("a left factor that is no matrix")
    x = t.example(left, np.transpose) if a.get("transA") else t.example(left)
    y = dense(x, t.parameter(right), transposed=bool(a.get("transB")))
    y = y * float(a["alpha"]) if a.get("alpha", 1.0) != 1.0 else y
    if not rest or rest[0] is None:
        return [Value(y)]
    added, beta = rest[0], float(a.get("beta", 1.0))
    if isinstance(added, Value):
        term = added.node
    elif added.size == 1:
        term = constant(added.reshape(()), y.type.dtype)
    elif added.size == y.shape[0] and added.shape[-1] == y.shape[0]:
        term = t.parameter(added.reshape(-1))
    else:
        term = t.example(np.broadcast_to(added, (len(added), y.shape[0])))
    return [Value(y + (term if beta == 1.0 else term * beta))]


@translates("BatchNormalization")
def _batch_normalization(t: Translator, inputs: Sequence[Input], a: Attributes) -> Sequence[Value]:
    """In training the new running statistics are results too."""
    x, scale, shift, mean, variance = inputs
    layout: Layout = by_example
    if not isinstance(x, Value) and x is not None and x.ndim not in {2, 4}:
        layout = lambda array: array.reshape(*array.shape[:3], -1)  # noqa: E731 - a name for it says no more
    node = t.example(x, layout)
    building = t.leaves.building(training=bool(a.get("training_mode")))
    share = round(1 - a.get("momentum", 0.9), 7)  # ONNX's is what stays, in float32
    y = BatchNorm(momentum=share, epsilon=a.get("epsilon", 1e-5), scale=False, shift=False).build(building, node)
    for name, given in (("running_mean", mean), ("running_variance", variance)):
        assert isinstance(given, np.ndarray)
        t.leaves.set(f"layer/{name}", given)
    shape = (node.shape[0],) + (1, 1) * (len(node.shape) == 3)
    y = y * reshape(t.parameter(scale), shape) + reshape(t.parameter(shift), shape)
    new = {update.op.label: value for update, value in building.updates.items()}  # type: ignore[attr-defined]
    running = [new[label] for label in ("layer/running_mean", "layer/running_variance") if label in new]
    return [Value(y, layout), *(Value(value, as_it_is) for value in running)]


@translates("LayerNormalization")
def _layer_normalization(t: Translator, inputs: Sequence[Input], a: Attributes) -> Sequence[Value]:
    """Mean and 1 / deviation are results too."""
    given = inputs[0]
    if given is None or isinstance(given, Value):
        raise Inexpressible("a result in another layout")
    layout = folded(given.ndim - a.get("axis", -1) % given.ndim)
    x, epsilon = t.example(given, layout), a.get("epsilon", 1e-5)
    y = LayerNorm(scale=False, shift=False, epsilon=epsilon).build(t.leaves.building(), x) * t.parameter(inputs[1])
    if len(inputs) > 2 and inputs[2] is not None:
        y = y + t.parameter(inputs[2])
    axes = tuple(range(-len(x.shape), 0))
    mean = sum_over(x, axes) / float(x.type.size)
    centred = x - mean
    deviation = sqrt(sum_over(centred * centred, axes) / float(x.type.size) + epsilon)
    return [Value(y, layout), Value(mean, layout), Value(1.0 / deviation, layout)]


@translates("Flatten")
def _flatten(t: Translator, inputs: Sequence[Input], a: Attributes) -> Sequence[Value]:
    x = t.example(inputs[0])
    if a.get("axis", 1) not in {1, -len(x.shape)}:
        raise Inexpressible("flattening across the batch")
    return [Value(reshape(x, (x.type.size,)))]


# --------------------------------------------------------------------------------------------------------------------- losses


@translates("SoftmaxCrossEntropyLoss", "NegativeLogLikelihoodLoss")
def _label_loss(t: Translator, inputs: Sequence[Input], a: Attributes) -> Sequence[Value]:
    """The logarithms of the shares are a result too."""
    scores, labels, *rest = inputs
    weights = rest[0] if rest else None
    if not isinstance(scores, np.ndarray) or not isinstance(labels, np.ndarray) or isinstance(weights, Value):
        raise Inexpressible("a loss of results")
    layout, ignored = rows_along(1), a.get("ignore_index")
    x = t.example(scores, layout)
    shares = log_softmax(x) if a["operator"] == "SoftmaxCrossEntropyLoss" else x
    flat = labels.reshape(-1).astype(np.int32)
    kept = flat if ignored is None else np.where(flat == ignored, -1, flat).astype(np.int32)
    reduction = a.get("reduction", b"mean").decode()
    loss = label_loss(shares, t.leaves.varying(kept), weights=weights, reduction=reduction)
    return [Value(loss, folded(0) if reduction == "none" else as_it_is), Value(shares, layout)]
