"""Loss, metrics and predictions on data, without training."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from netcli.datasets.dataset import Split
from netcli.executors import Executor, Program, State
from netcli.executors.executor import Told, nobody
from netcli.graph import Array, Graph
from netcli.layers.stack import Model
from netcli.passes import optimize
from netcli.training.averages import Averages

#: Examples that are evaluated at a time: enough to keep the arithmetic busy, few enough for any memory.
BATCH = 256


@dataclass(frozen=True)
class Evaluator:
    """The evaluation graph of a model, compiled: loss and metrics, by these names."""

    program: Program
    names: tuple[str, ...]

    @classmethod
    def of(cls, model: Model, executor: Executor) -> Evaluator:
        """Compile."""
        outputs = model.evaluation.outputs
        return cls(executor.compile(optimize(Graph(outputs))), tuple(outputs))

    def prepare(self, splits: Iterable[Split | None], told: Told = nobody) -> None:
        """Do now what the first of these splits would have to wait for; `told` is told how far that is."""
        most = max((len(split) for split in splits if split is not None), default=0)
        if most:
            self.program.prepare(min(most, BATCH), told)

    def __call__(self, state: State, split: Split) -> dict[str, float]:
        """The mean loss and metrics over a split."""
        averages = Averages(self.names)
        batches = batches_of(len(split))
        data = {"input": split.inputs, "target": split.targets}
        for batch, outputs in zip(batches, self.program.steps(state, data, batches), strict=True):
            averages.add(outputs, len(batch))
        return {name: averages.mean(name) for name in self.names}


def batches_of(examples: int) -> list[Array]:
    """The indices of all examples in order, batch by batch."""
    return [np.arange(start, min(start + BATCH, examples)) for start in range(0, examples, BATCH)]


def predictions(
    model: Model, executor: Executor, state: State, inputs: Array, progress: Callable[[int], None] = lambda _: None
) -> Array:
    """What the network predicts, `(n, *shape)`."""
    return np.concatenate(list(_predicted(model, executor, state, inputs, progress)))


def _predicted(
    model: Model, executor: Executor, state: State, inputs: Array, progress: Callable[[int], None]
) -> Iterator[Array]:
    program = executor.compile(optimize(Graph({"prediction": model.evaluation.prediction})))
    done = 0
    batches = batches_of(len(inputs))
    for batch, outputs in zip(batches, program.steps(state, {"input": inputs}, batches), strict=True):
        done += len(batch)
        progress(done)
        yield outputs["prediction"]


def class_probabilities(prediction: Array, classes: int) -> Array:
    """A prediction as one number per class, `(n, classes, …)`; one output for two classes is the probability of the second."""
    if prediction.shape[1] == 1 and classes == 2:
        return np.concatenate([1 - prediction, prediction], axis=1)
    return prediction
