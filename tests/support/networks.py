"""Networks for tests, written in YAML as people write them, and their values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

import numpy as np
import yaml
import yamlcore
from pydantic import TypeAdapter

from netcli.executors import State, executor, initial_state
from netcli.graph import Array, DType, Graph, Node, Shape, TensorType, op_of
from netcli.graph import Variable as VariableOp
from netcli.layers.layer import LAYERS, Layer
from netcli.layers.placing import Written
from netcli.layers.stack import Inputs, Model, build_model
from netcli.layers.walk import Locate
from netcli.settings import Choice

_STACK = TypeAdapter(list[Annotated[Layer, Choice(LAYERS)]])


def layers_of(text: str) -> list[Layer]:
    """The layers of a YAML list such as `[conv: 8, relu, {maxpool: {size: 3}}, flatten]`."""
    return _STACK.validate_python(yaml.load(text, Loader=yamlcore.CCoreLoader))


def model_of(
    text: str,
    shape: Shape,
    *,
    classes: int | None = None,
    pixels: Shape = (),
    target: Shape = (),
    dtype: DType = "float64",
    input_dtype: DType | None = None,
    standardised: tuple[float, object, object] = (1.0, 0.0, 1.0),
    weight_decay: float = 0.0,
    l1: float = 0.0,
) -> Model:
    """The model of a YAML list of layers on examples of a shape: of `classes`, each example's one or one for each of its
    `pixels`, or with values of the shape `target`.

    `standardised` is (scale, mean, deviation), broadcast to the rank of the input.
    """
    scale, mean, deviation = standardised
    wanted = TensorType(pixels, "int32", varying=True) if classes else TensorType(target, dtype, varying=True)
    inputs = Inputs(
        TensorType(shape, input_dtype or dtype, varying=True),
        wanted,
        classes,
        scale,
        _ranked(mean, shape),
        _ranked(deviation, shape),
    )
    stack = layers_of(text)
    return build_model(stack, inputs, dtype=dtype, weight_decay=weight_decay, l1=l1, locate=numbered(stack))


def within(layer: Layer) -> Iterator[Layer]:
    """A layer and all that are in it."""
    yield layer
    for stack in layer.stacks:
        for inner in stack:
            yield from within(inner)


def numbered(stack: Sequence[Layer], first_line: int | None = None) -> Locate:
    """The layers of a stack by their numbers from 0, and on lines from the first one on."""
    places = {
        id(layer): Written((number,), None if first_line is None else first_line + number)
        for number, outer in enumerate(stack)
        for layer in within(outer)
    }
    return lambda layer: places.get(id(layer), Written())


def _ranked(statistic: object, shape: Shape) -> Array:
    values = np.asarray(statistic, np.float64)
    return values.reshape((1,) * (len(shape) - values.ndim) + values.shape)


def label(variable: Node) -> str:
    """The name of a variable."""
    return op_of(variable, VariableOp).label


def first_state(model: Model, seed: int = 0, *also: Graph) -> State:
    """The state before training, of a model and of the other variables of graphs; random operations use the same seed."""
    variables = dict.fromkeys([*model.variables.values(), *(node for graph in also for node in graph.variables)])
    state = initial_state(variables, seed)
    state.values["seed"][...] = seed
    return state


def shaken(state: State, model: Model, generator: np.random.Generator) -> State:
    """The state with parameters and running statistics drawn anew, so that no bias is 0, no scale 1."""
    for name, node in model.variables.items():
        if label(node) in {"seed", "step", "input/mean", "input/deviation"}:
            continue
        spread = (
            generator.uniform(0.5, 2.0, node.shape) if name.endswith("variance") else generator.normal(0.0, 0.7, node.shape)
        )
        state.values[name][...] = spread
    return state


def values_of(outputs: Mapping[str, Node], state: State, feeds: Mapping[str, Array]) -> dict[str, Array]:
    """The values of nodes, by the reference executor."""
    return executor("numpy").compile(Graph(outputs)).run(state, feeds)


def value_of(node: Node, state: State, feeds: Mapping[str, Array]) -> Array:
    """The value of one node."""
    return values_of({"value": node}, state, feeds)["value"]
