"""Networks whose graphs are looked at. The file's line of a layer is its place in the stack plus ten."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from netcli.analysis.inspect.costs import layer_rows
from netcli.analysis.inspect.records import LayerRow
from netcli.analysis.inspect.views import View, view_of
from netcli.graph import DType, Graph, TensorType
from netcli.layers.stack import Inputs, Model, build_model
from support.networks import layers_of, numbered
from support.training import rule_of, step_of


@dataclass(frozen=True, eq=False)
class Sample:
    """A model with its training step and the rows of its layers."""

    model: Model
    step: Graph
    layers: tuple[LayerRow, ...]

    def view(self, view: View = "step") -> Graph:
        """The graph to look at."""
        return view_of(self.model, self.step, view)


def sample(
    stack: str,
    shape: tuple[int, ...],
    classes: int | None,
    *,
    dtype: DType = "float32",
    optimizer: str = "sgd: 0.1",
    weight_decay: float = 0.0,
) -> Sample:
    """A sample of a YAML list of layers on examples of a shape."""
    layers = layers_of(stack)
    target = TensorType((), "int32" if classes else "float32", varying=True)
    ones = np.ones((1,) * len(shape))
    inputs = Inputs(TensorType(shape, dtype, varying=True), target, classes, 1.0, 0.0 * ones, ones)
    model = build_model(layers, inputs, weight_decay=weight_decay, locate=numbered(layers, 10))
    step = step_of(model, rule_of(optimizer))
    return Sample(model, step, layer_rows(model, step))


@cache
def sigmoid_dropout() -> Sample:
    """dropout(sigmoid(W·x + b)) and its squared error."""
    return sample("[dense: 3, sigmoid, dropout: 0.5, mse]", (4,), 3)


@cache
def digits() -> Sample:
    """A convolution, a pool and a dense layer; momentum."""
    layers = "[conv: {filters: 16, padding: same}, relu, maxpool: 2, flatten, dense: 10, softmax, cross_entropy]"
    return sample(layers, (1, 8, 8), 10, dtype="uint8", optimizer="sgd: {lr: 0.1, momentum: 0.9}")


@cache
def lenet() -> Sample:
    """LeNet-5 on 28×28 images."""
    images = "conv: {filters: 6, kernel: 5, padding: 2}, relu, maxpool: 2, conv: {filters: 16, kernel: 5}, relu, maxpool: 2"
    vectors = "flatten, dense: 120, relu, dense: 84, relu, dense: 10, softmax, cross_entropy"
    return sample(f"[{images}, {vectors}]", (1, 28, 28), 10, dtype="uint8")


@cache
def knotted() -> Sample:
    """Values that several others read: statistics of a batch, gelu, penalties; and a layer named by hand."""
    images = "conv: {filters: 4, name: eyes}, batchnorm, gelu, dropout: 0.2"
    vectors = "flatten, dense: 10, silu, dense: 10, softmax, cross_entropy"
    return sample(f"[{images}, {vectors}]", (1, 8, 8), 10, weight_decay=1e-4)


@cache
def deep() -> Sample:
    """Twenty blocks of one kind; the first one has other channels in front of it."""
    blocks = "conv: {filters: 16, padding: same}, batchnorm, relu, " * 20
    return sample(f"[{blocks} global_avgpool, dense: 10, softmax, cross_entropy]", (3, 8, 8), 10)


@cache
def nested() -> Sample:
    """Layers in layers: equal residuals in a repeat, one with a shortcut, a branch beside the input itself, a skip by name."""
    same = "residual: [conv: {filters: 4, padding: same}, relu]"
    images = f"conv: {{filters: 4, padding: same}}, relu, repeat: {{times: 2, layers: [{same}]}}"
    small = "conv: {filters: 8, kernel: 1, stride: 2}"
    down = f"residual: {{layers: [conv: {{filters: 8, padding: 1, stride: 2}}, relu], shortcut: [{small}]}}"
    vectors = "flatten, branch: [wide: [dense: 6, tanh], same: []], dense: {units: 5, name: bend}, relu, dense: 5, add: bend"
    return sample(f"[{images}, {down}, {vectors}, dense: 10, softmax, cross_entropy]", (1, 4, 4), 10)


@cache
def early() -> Sample:
    """Layers side by side before all parameters, where no gradient comes out, and again in one of them."""
    inner = "branch: [left: [dense: 3], both: [residual: [dense: 4, tanh]], right: [dense: 2, sigmoid]]"
    return sample(f"[residual: [dense: 4], {inner}, dense: 3, mse]", (4,), 3)


SAMPLES = (sigmoid_dropout, digits, lenet, knotted, deep, nested, early)
