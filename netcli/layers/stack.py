"""From a stack of layers to graphs: a fold over the layers, once for training and once for evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from netcli.errors import GraphError
from netcli.graph import Array, DType, Node, Placeholder, Shape, TensorType, layer, op_of, placeholder, variable
from netcli.layers.building import Building, LayerError, Store, Target, shape_text
from netcli.layers.ending import Ending, ending_of
from netcli.layers.layer import LAYERS, Loss
from netcli.layers.placing import INPUT, Placed, StackError
from netcli.ops import batch_mean, cast, total


@dataclass(frozen=True, eq=False)
class Inputs:
    """The data as the network sees it: raw inputs, standardised by `(x · scale - mean) / deviation`, and targets.

    `classes` is None where the targets are values.
    """

    input: TensorType
    target: TensorType
    classes: int | None
    scale: float
    mean: Array
    deviation: Array


@dataclass(frozen=True, eq=False)
class Network:
    """One graph of the network.

    `loss` is the mean over the batch, `objective` the same with the penalties; `layers` gives the output of each layer.
    """

    loss: Node
    objective: Node
    prediction: Node
    metrics: Mapping[str, Node]
    updates: Mapping[Node, Node]
    layers: Sequence[tuple[Placed, Node]]

    @property
    def outputs(self) -> dict[str, Node]:
        """Loss and metrics, by name."""
        return {"loss": self.loss, **self.metrics}


@dataclass(frozen=True, eq=False)
class Model:
    """A network in both its forms, its variables, and what is odd about its layers."""

    input: Node
    target: Node
    seed: Node
    step: Node
    training: Network
    evaluation: Network
    variables: Mapping[str, Node]
    ending: Ending

    @property
    def parameters(self) -> list[Node]:
        """The trained variables, in the order of the layers."""
        return [node for node in self.variables.values() if node.op.trainable]  # type: ignore[attr-defined]


def build_model(
    layers: Sequence[Placed], inputs: Inputs, *, dtype: DType = "float32", weight_decay: float = 0.0, l1: float = 0.0
) -> Model:
    """Build the forward graphs of a stack.

    Raises StackError: a layer does not fit, the stack does not end in its only loss, or what that is given is no use to it.
    """
    _check_ends(layers)
    ending = ending_of(layers)
    store = Store(dtype)
    x, y = placeholder("input", inputs.input), placeholder("target", inputs.target)
    seed = variable("seed", (), lambda _, shape: np.zeros(shape), dtype="uint32", trainable=False)
    step = variable("step", (), lambda _, shape: np.zeros(shape), dtype="uint32", trainable=False)
    networks = []
    for training in (True, False):
        building = Building(store, training, Target(y, inputs.classes), seed, step, weight_decay, l1)
        networks.append(_build(layers, building, x, inputs, ending))
    return Model(x, y, seed, step, networks[0], networks[1], {"seed": seed, "step": step, **store.variables}, ending)


def _check_ends(layers: Sequence[Placed]) -> None:
    losses = [index for index, placed in enumerate(layers) if isinstance(placed.layer, Loss)]
    last = len(layers) - 1
    known = ", ".join(word for word, kind in LAYERS.members.items() if issubclass(kind, Loss))
    if not losses:
        found = layers[last].layer.word
        raise StackError(f"the stack must end in a loss, it ends in {found}", last, None, f"add one of: {known}")
    if losses[0] != last:
        word = layers[losses[0]].layer.word
        raise StackError(f"the loss {word} must be the last layer, and the only loss", losses[0], None, f"losses are: {known}")


def _build(layers: Sequence[Placed], building: Building, x: Node, inputs: Inputs, ending: Ending) -> Network:
    with layer(INPUT):
        building.layer = INPUT
        node = standardised = _standardised(building, x, inputs)
    outputs: list[tuple[Placed, Node]] = []
    for index, placed in enumerate(layers):
        building.layer = placed.name
        building.suggested = _suits(layers[index + 1 :])
        if index == len(layers) - 1 and ending.form is not None:
            building.reads(ending.form, outputs[ending.by - 1][1] if ending.by else standardised)
        with layer(placed.name, placed.line):
            try:
                node = placed.layer.build(building, node)
            except GraphError as error:
                raise _stack_error(
                    error, index, placed, [(op_of(x, Placeholder).label, x), *((p.name, y) for p, y in outputs)]
                ) from error
        outputs.append((placed, node))
    with layer(layers[-1].name, layers[-1].line):
        loss = batch_mean(node)
        objective = total(loss, *building.penalties)
        metrics = {name: batch_mean(value) for name, value in building.metrics.items()}
    assert objective is not None, "there is a loss"
    assert building.prediction is not None, "a loss says what is predicted"
    return Network(loss, objective, building.prediction, metrics, building.updates, outputs)


def _standardised(building: Building, x: Node, inputs: Inputs) -> Node:
    """(x · scale - mean) / deviation, as (x - mean / scale) / (deviation / scale): two statistics, kept with the weights."""
    shape: Shape = inputs.mean.shape
    centre = building.statistic("mean", shape, lambda _, __: inputs.mean / inputs.scale)
    spread = building.statistic("deviation", shape, lambda _, __: inputs.deviation / inputs.scale)
    return (cast(x, building.store.dtype) - centre) / spread


def _suits(following: Sequence[Placed]) -> str:
    """The initialiser that suits weights in front of these layers."""
    return next((placed.layer.suits for placed in following if placed.layer.suits), "glorot")


def _stack_error(error: GraphError, index: int, placed: Placed, before: Sequence[tuple[str, Node]]) -> StackError:
    """The error with the layer, and the trail of shapes that led to it."""
    trail = " → ".join(f"{name} {shape_text(node.shape)}" for name, node in before)
    hint = "\n".join(filter(None, [error.hint, f"shapes: {trail} → {placed.name} ✗"]))
    setting = error.setting if isinstance(error, LayerError) else None
    return StackError(f"{placed.name}: {error.message}", index, setting, hint)
