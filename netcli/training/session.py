"""From a checked config to what can be run: data, model, step graph."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

from netcli.config.load import Loaded
from netcli.datasets.dataset import Dataset
from netcli.datasets.prepare import load as load_data
from netcli.errors import ConfigError, Problem
from netcli.executors import State, initial_state
from netcli.graph import DType, Graph, Node
from netcli.layers.stack import Model, Placed, StackError, build_model, place
from netcli.optimizers.step import Rule, training_step
from netcli.passes import optimize
from netcli.training.signature import Signature, Statistics


@dataclass(frozen=True, eq=False)
class Session:
    """A config with its data and its model."""

    loaded: Loaded
    data: Dataset
    signature: Signature
    layers: tuple[Placed, ...]
    model: Model

    @property
    def steps_per_epoch(self) -> int:
        """Steps of an epoch; the last one may have a smaller batch."""
        return math.ceil(len(self.data.train) / self.loaded.config.data.batch_size)

    @cached_property
    def step(self) -> Graph:
        """The training step, as it is built."""
        train, network = self.loaded.config.train, self.model.training
        rule = Rule(train.optimizer, train.schedule, self.steps_per_epoch, train.epochs, train.clip_norm, train.clip_value)
        return training_step(
            network.objective, network.outputs, self.model.parameters, self.model.step, rule, dict(network.updates)
        )

    @cached_property
    def optimized_step(self) -> Graph:
        """The training step, after the passes."""
        return optimize(self.step)

    def initial_state(self) -> State:
        """The state before the first step; the seed of random operations is the config's."""
        variables: dict[Node, None] = dict.fromkeys([*self.model.variables.values(), *self.step.variables])
        state = initial_state(variables, self.loaded.config.seed)
        state.values["seed"][...] = self.loaded.config.seed
        return state


def prepare(loaded: Loaded, dtype: DType = "float32") -> Session:
    """Load the data and build the model. Raises DataError, and ConfigError for a stack that does not fit, with its place."""
    data = load_data(loaded.config.data, loaded.folder, loaded.config.seed)
    signature = Signature.of(data)
    layers, model = build(loaded, signature, Statistics(data.scale, data.mean, data.deviation), dtype)
    return Session(loaded, data, signature, layers, model)


def build(
    loaded: Loaded, signature: Signature, statistics: Statistics, dtype: DType = "float32"
) -> tuple[tuple[Placed, ...], Model]:
    """The named layers and the model of a config, on data of this signature. Raises ConfigError."""
    config = loaded.config
    stack = config.model.layers
    try:
        layers = place(stack, [loaded.layer_line(index) for index in range(len(stack))])
        model = build_model(
            layers, signature.inputs(statistics, dtype), dtype=dtype, weight_decay=config.train.weight_decay, l1=config.train.l1
        )
    except StackError as error:
        loc: tuple[str | int, ...] = ("model", "layers", error.index)
        if error.setting is not None:
            loc = (*loc, stack[error.index].word, error.setting)
        raise ConfigError([Problem(error.message, loaded.place(*loc), error.hint)]) from error
    return tuple(layers), model
