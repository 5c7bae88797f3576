"""Training steps for tests: optimizers and schedules written in YAML, run on the reference executor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any

import numpy as np
import yaml
import yamlcore
from pydantic import TypeAdapter

from netcli.executors import State, executor
from netcli.graph import Array, DType, Graph, TensorType, placeholder
from netcli.layers.stack import Model
from netcli.optimizers.optimizer import OPTIMIZERS, Optimizer
from netcli.optimizers.schedules.schedule import SCHEDULES, Schedule, scheduled
from netcli.optimizers.step import Rule, training_step
from netcli.settings import Choice
from support.networks import first_state

_OPTIMIZER: TypeAdapter[Optimizer] = TypeAdapter(Annotated[Optimizer, Choice(OPTIMIZERS)])
_SCHEDULE: TypeAdapter[Schedule] = TypeAdapter(Annotated[Schedule, Choice(SCHEDULES)])


def optimizer_of(text: str) -> Optimizer:
    """The optimizer of a YAML text such as `sgd: {lr: 0.1}`."""
    return _OPTIMIZER.validate_python(_yaml(text))


def schedule_of(text: str) -> Schedule:
    """The schedule of a YAML text such as `cosine: {warmup_epochs: 1}`."""
    return _SCHEDULE.validate_python(_yaml(text))


def _yaml(text: str) -> Any:
    return yaml.load(text, Loader=yamlcore.CCoreLoader)


def rule_of(optimizer: str, schedule: str = "constant", *, steps_per_epoch: int = 4, epochs: int = 5, **limits: float) -> Rule:
    """The rule of a YAML text each; `limits` are clip_norm and clip_value."""
    return Rule(optimizer_of(optimizer), schedule_of(schedule), steps_per_epoch, epochs, **limits)


def rates(
    schedule: str | Schedule,
    lr: float,
    *,
    steps_per_epoch: int,
    epochs: int,
    dtype: DType = "float64",
    at: Iterable[int] | None = None,
) -> list[float]:
    """The learning rate at these steps, by default at each step of all epochs."""
    step = placeholder("at", TensorType((), dtype))
    written = schedule_of(schedule) if isinstance(schedule, str) else schedule
    rate = scheduled(written, lr, step, steps_per_epoch, epochs)
    program, steps = executor("numpy").compile(Graph({"lr": rate})), range(steps_per_epoch * epochs) if at is None else at
    return [program.run(State({}), {"at": np.array(number, dtype)})["lr"].item() for number in steps]


def step_of(model: Model, rule: Rule) -> Graph:
    """The training step of a model."""
    network = model.training
    return training_step(network.objective, network.outputs, model.parameters, model.step, rule, dict(network.updates))


def trained(
    model: Model, rule: Rule, batches: Iterable[Mapping[str, Array]], start: State | None = None
) -> Iterator[tuple[dict[str, Array], State]]:
    """Each step's outputs and the state after it, a copy; from the first state of seed 0, or the values of `start`."""
    graph = step_of(model, rule)
    program, state = executor("numpy").compile(graph), first_state(model, 0, graph)
    if start is not None:
        state.values.update(start.copy().values)
    for feeds in batches:
        yield program.run(state, feeds), state.copy()
