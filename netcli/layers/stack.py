"""From a stack of layers to graphs: a fold over the layers, once for training and once for evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from netcli.graph import Array, DType, Node, Placeholder, Shape, TensorType, layer, op_of, placeholder, variable
from netcli.layers.building import Building, Store, Target
from netcli.layers.ending import Ending, Given
from netcli.layers.layer import LAYERS, Layer, Loss
from netcli.layers.placing import INPUT, Placed, StackError, Written
from netcli.layers.walk import Locate, Walk, early_loss
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

    `loss` is the mean over the batch, `objective` the same with the penalties; `layers` gives the output of each layer, of one
    that has others in it before theirs.
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
    """A network in both its forms, its variables, what its loss reads, and what is known of the output of each layer."""

    input: Node
    target: Node
    seed: Node
    step: Node
    training: Network
    evaluation: Network
    variables: Mapping[str, Node]
    ending: Ending
    after: Mapping[Placed, Given]
    classes: int | None
    """How many classes are told apart; None where values are predicted."""

    @property
    def parameters(self) -> list[Node]:
        """The trained variables, in the order of the layers."""
        return [node for node in self.variables.values() if node.op.trainable]  # type: ignore[attr-defined]


def build_model(
    stack: Sequence[Layer],
    inputs: Inputs,
    *,
    dtype: DType = "float32",
    weight_decay: float = 0.0,
    l1: float = 0.0,
    locate: Locate = lambda _: Written(),
) -> Model:
    """Build the forward graphs of a stack; `locate` says where a layer is written.

    Raises StackError: a layer does not fit, the stack does not end in its only loss, or what that is given is no use to it.
    """
    loss = _loss_of(stack, locate)
    store, placed = Store(dtype), dict[str, Placed]()
    x, y = placeholder("input", inputs.input), placeholder("target", inputs.target)
    seed = variable("seed", (), lambda _, shape: np.zeros(shape), dtype="uint32", trainable=False)
    step = variable("step", (), lambda _, shape: np.zeros(shape), dtype="uint32", trainable=False)
    networks, ending, after = [], None, dict[Placed, Given]()
    for training in (True, False):
        building = Building(store, training, Target(y, inputs.classes), seed, step, weight_decay, l1)
        building.walk = walk = Walk(building, locate, placed, ending)
        networks.append(_build(stack, walk, x, inputs))
        ending, after = walk.ending, after or walk.after
    assert ending is not None, "a loss was read"
    variables = {"seed": seed, "step": step, **store.variables}
    classes = None if loss.of_input else inputs.classes
    return Model(x, y, seed, step, networks[0], networks[1], variables, ending, after, classes)


def _loss_of(stack: Sequence[Layer], locate: Locate) -> Loss:
    """The last layer. Raises StackError unless it is a loss, and the only one."""
    last = stack[-1]
    early = next((layer for layer in stack[:-1] if isinstance(layer, Loss)), None)
    if early is not None:
        raise early_loss(early.word, locate(early))
    if not isinstance(last, Loss):
        known = ", ".join(word for word, kind in LAYERS.members.items() if issubclass(kind, Loss))
        message = f"the stack must end in a loss, it ends in {last.word}"
        raise StackError(message, locate(last), None, f"add one of: {known}")
    return last


def _build(stack: Sequence[Layer], walk: Walk, x: Node, inputs: Inputs) -> Network:
    building = walk.building
    with layer(INPUT):
        building.layer = INPUT
        building.standardised = standardised = _standardised(building, x, inputs)
    node = walk.main(stack, standardised, op_of(x, Placeholder).label)
    placed = walk.layers[-1][0]
    with layer(placed.name, placed.line):
        loss = batch_mean(node)
        objective = total(loss, *building.penalties)
        metrics = {name: batch_mean(value) for name, value in building.metrics.items()}
    assert objective is not None, "there is a loss"
    assert building.prediction is not None, "a loss says what is predicted"
    return Network(loss, objective, building.prediction, metrics, building.updates, walk.layers)


def _standardised(building: Building, x: Node, inputs: Inputs) -> Node:
    """(x · scale - mean) / deviation, as (x - mean / scale) / (deviation / scale): two statistics, kept with the weights."""
    shape: Shape = inputs.mean.shape
    centre = building.statistic("mean", shape, lambda _, __: inputs.mean / inputs.scale)
    spread = building.statistic("deviation", shape, lambda _, __: inputs.deviation / inputs.scale)
    return (cast(x, building.store.dtype) - centre) / spread
