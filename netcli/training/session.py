"""From a checked config to what can be run: data, model, step graph."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from netcli.config.dump import absolute_paths, plain
from netcli.config.load import Loaded
from netcli.datasets.dataset import Dataset
from netcli.datasets.prepare import load as load_data
from netcli.datasets.splitting import random_order
from netcli.errors import ConfigError, Place, Problem, UsageError
from netcli.executors import Executor, State, executor, initial_state
from netcli.graph import Array, DType, Graph, Node, Variable, op_of, phase
from netcli.layers.building import shape_text
from netcli.layers.placing import Placed, StackError
from netcli.layers.stack import Model, build_model
from netcli.ops import norm
from netcli.optimizers.norms import ParameterNorms
from netcli.optimizers.step import Rule, training_step
from netcli.passes import optimize
from netcli.runs.checkpoint import section_digests
from netcli.runs.identity import Identity, data_digests
from netcli.runs.signature import Signature, Statistics
from netcli.training.averages import Averages

#: Values of one array, above which a config is refused: 4 TiB of them.
MOST_VALUES = 2**40


@dataclass(frozen=True, eq=False)
class Session:
    """A config with its executor, its data and its model."""

    loaded: Loaded
    executor: Executor
    data: Dataset
    signature: Signature
    model: Model

    @property
    def layers(self) -> list[Placed]:
        """All layers, those around others before them."""
        return [placed for placed, _ in self.model.training.layers]

    @cached_property
    def identity(self) -> Identity:
        """What a run of this session is of."""
        plugins = {str(plugin.path): plugin.digest for plugin in self.loaded.plugins}
        digests = data_digests(self.data)
        return Identity(self.signature, digests, plugins, self.loaded.config.seed, self.steps_per_epoch)

    @cached_property
    def config_digests(self) -> dict[str, str]:
        """The digest of each section of the config, as a run directory keeps it."""
        return section_digests(plain(absolute_paths(self.loaded.config, self.loaded.folder)))

    def averages(self, sums: Mapping[str, Array] | None = None) -> Averages:
        """Averages of what the steps put out, from these sums on."""
        return Averages(self.model.training.outputs, sums)

    @property
    def steps_per_epoch(self) -> int:
        """Steps of an epoch; the last one may have a smaller batch."""
        return math.ceil(len(self.data.train) / self.loaded.config.data.batch_size)

    @cached_property
    def step(self) -> Graph:
        """The training step, as it is built. Raises ConfigError for a network without weights."""
        if not self.model.parameters:
            place = self.loaded.place("model", "layers")
            raise ConfigError([Problem("there is nothing to train: no layer has weights", place, "add one, such as dense")])
        train, network = self.loaded.config.train, self.model.training
        rule = Rule(train.optimizer, train.schedule, self.steps_per_epoch, train.epochs, train.clip_norm, train.clip_value)
        return training_step(
            network.objective, network.outputs, self.model.parameters, self.model.step, rule, dict(network.updates)
        )

    @cached_property
    def optimized_step(self) -> Graph:
        """The training step, after the passes."""
        return optimize(self.step)

    @cached_property
    def guarded_step(self) -> Graph:
        """The optimized step, and the norm of every running statistic: they too must stay finite."""
        graph = self.optimized_step
        with phase("update"):
            norms = {name: norm(graph.updates[target]) for name, target in self._statistic_norms.items()}
        return Graph({**graph.outputs, **norms}, graph.updates)

    @property
    def guards(self) -> list[str]:
        """The outputs of the guarded step that must be finite for its updates to be applied."""
        updates = [ParameterNorms.names(op_of(w, Variable).label).update_norm for w in self.model.parameters]
        return ["loss", "grad_norm", *updates, *self._statistic_norms]

    @property
    def _statistic_norms(self) -> dict[str, Node]:
        """What the norms of the running statistics are called."""
        return {f"statistic_norm/{op_of(target, Variable).label}": target for target in self.model.training.updates}

    @property
    def batch_size(self) -> int:
        """Examples of a full batch: no more than there are."""
        return min(self.loaded.config.data.batch_size, len(self.data.train))

    @property
    def train_data(self) -> dict[str, Array]:
        """The training examples, by the placeholders that they feed."""
        return {"input": self.data.train.inputs, "target": self.data.train.targets}

    def place_of(self, layer: str) -> Place | None:
        """Where the layer of this name is written; None for what is no layer of the stack, such as the input."""
        found = next((placed for placed in self.layers if placed.name == layer), None)
        return self.loaded.place(*found.written.loc) if found is not None else None

    def batches(self, epoch: int) -> list[Array]:
        """The indices of an epoch's examples, batch by batch: a function of seed and epoch alone."""
        config, examples = self.loaded.config, len(self.data.train)
        order = np.arange(examples)
        if config.data.shuffle:
            order = random_order(examples, np.random.SeedSequence([config.seed, epoch]))
        return [order[at : at + self.batch_size] for at in range(0, examples, self.batch_size)]

    def initial_state(self) -> State:
        """The state before the first step."""
        return self.first_values(dict.fromkeys([*self.model.variables.values(), *self.step.variables]))

    def first_values(self, variables: Iterable[Node]) -> State:
        """The first values of variables, `seed` among them: that of random operations is the config's."""
        state = initial_state(variables, self.loaded.config.seed)
        state.values["seed"][...] = self.loaded.config.seed
        return state


def prepare(loaded: Loaded, dtype: DType = "float32") -> Session:
    """Load the data and build the model. Raises DataError, and ConfigError for a stack that does not fit, with its place."""
    runner = executor_of(loaded)
    data = load_data(loaded.config.data, loaded.folder, loaded.config.seed)
    signature = Signature.of(data)
    model = build(loaded, signature, Statistics(data.scale, data.mean, data.deviation), dtype)
    return Session(loaded, runner, data, signature, model)


def executor_of(loaded: Loaded) -> Executor:
    """The executor that the config names. Raises ConfigError."""
    try:
        return executor(loaded.config.executor)
    except UsageError as error:
        raise ConfigError([Problem(error.message, loaded.place("executor"), error.hint)]) from error


def build(loaded: Loaded, signature: Signature, statistics: Statistics, dtype: DType = "float32") -> Model:
    """The model of a config, on data of this signature. Raises ConfigError."""
    config = loaded.config
    try:
        model = build_model(
            config.model.layers,
            signature.inputs(statistics, dtype),
            dtype=dtype,
            weight_decay=config.train.weight_decay,
            l1=config.train.l1,
            locate=loaded.locate,
        )
    except StackError as error:
        raise ConfigError([loaded.problem(error)]) from error
    _check_sizes(loaded, model)
    return model


def _check_sizes(loaded: Loaded, model: Model) -> None:
    """Raise ConfigError for a layer with more values than can be counted on: numpy could not even ask for the memory."""
    for placed, node in model.training.layers:
        weights = [w for w in model.parameters if w.origin.layer == placed.name]
        for what, found in (("an output", node), *((op_of(w, Variable).label, w) for w in weights)):
            if found.type.size > MOST_VALUES:
                message = f"{placed.name}: {what} of {shape_text(found.shape)} values is more than any machine holds"
                raise ConfigError([Problem(message, loaded.place(*placed.written.loc))])
