"""The records that the files of `tests/members` declare; `support.cases` finds them.

Peers are functions that use torch through `support.late`, so that a file can be imported where torch is not installed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from netcli.executors import Executor
from netcli.graph import Array, DType, Shape
from netcli.layers.outputs import Form
from support.kinds import Kind

#: What stands behind a layer that is looked at alone: each of its outputs has a cotangent of its own.
BEHIND = "flatten, dense: {units: 3, name: end}, mse"

#: A layer with a name, that does nothing, for layers that refer to one.
NAMED = "dropout: {rate: 0.0, name: skip}"

Tensor = Any
#: By name: the parameters and statistics of a network, and `random1`, … for the numbers that its random operations draw.
Weights = Mapping[str, Tensor]


@dataclass(frozen=True, kw_only=True)
class SettingsCase:
    """What a config may say of a member."""

    #: Every setting of its own, with values that are right and values that are wrong.
    settings: Mapping[str, Kind] = field(default_factory=dict)
    #: The settings that it cannot do without, with values.
    needed: Mapping[str, Any] = field(default_factory=dict)
    #: What `word: value` sets, and a value that is not the default; None: it takes no single value.
    main: tuple[str, Any] | None = None


@dataclass(frozen=True)
class Variant:
    """A stack on examples of a shape, and the same in torch.

    Targets are labels of `classes`, each example's one or one for each of its `pixels`; or values of the shape `target`, of
    [0, 1) with `shares`. With `ties`, inputs and targets
    are small whole numbers, so that there are exact zeros and equal maxima. Inputs are normal with the deviation `scale`.
    `penalty` is what torch's loss lacks of the objective. Without `training`, the network of evaluation is meant.
    """

    text: str
    shape: Shape
    peer: Callable[..., Any]
    classes: int | None = None
    pixels: Shape = ()
    target: Shape = (3,)
    shares: bool = False
    training: bool = True
    ties: bool = False
    scale: float = 1.5
    batch: int = 5
    weight_decay: float = 0.0
    l1: float = 0.0
    penalty: Callable[[Weights], Tensor] | None = None

    @property
    def stack(self) -> str:
        """The whole stack in YAML."""
        raise NotImplementedError

    def values(self, w: Weights, x: Tensor, y: Tensor) -> dict[str, Tensor]:
        """In torch: `loss`, and what else is compared: `prediction`, `first` (the first layer's output)."""
        raise NotImplementedError

    def __str__(self) -> str:
        marks = {"evaluated": not self.training, "ties": self.ties, f"scale={self.scale:g}": self.scale != 1.5}
        image = "x".join(map(str, self.shape))
        text = " ".join(self.text.split())[:100]
        return " ".join([text, *(mark for mark, there in marks.items() if there), image, f"n={self.batch}"])


@dataclass(frozen=True)
class LayerVariant(Variant):
    """One layer, with a dense layer and a mean squared error behind it. `peer(w, x)` is the layer's output in torch."""

    @property
    def stack(self) -> str:
        """The layer with what stands behind it."""
        return f"[{self.text}, {BEHIND}]"

    def values(self, w: Weights, x: Tensor, y: Tensor) -> dict[str, Tensor]:
        """The layer's output, the dense layer's and the loss."""
        first = self.peer(w, x)
        prediction = first.flatten(1) @ w["end/weight"] + w["end/bias"]
        return {"first": first, "prediction": prediction, "loss": ((prediction - y) ** 2).mean()}


@dataclass(frozen=True)
class StackVariant(LayerVariant):
    """Several layers of which the last is meant. `peer(w, x)` is its output in torch."""

    def values(self, w: Weights, x: Tensor, y: Tensor) -> dict[str, Tensor]:
        """The dense layer's output and the loss."""
        found = super().values(w, x, y)
        del found["first"]
        return found


@dataclass(frozen=True)
class NetworkVariant(Variant):
    """Layers up to their loss. `peer(w, x, y)` gives the `prediction` and the `loss` in torch."""

    @property
    def stack(self) -> str:
        """The layers as they are."""
        return f"[{self.text}]"

    def values(self, w: Weights, x: Tensor, y: Tensor) -> dict[str, Tensor]:
        """What the peer gives."""
        found: dict[str, Tensor] = self.peer(w, x, y)
        return found


@dataclass(frozen=True, kw_only=True)
class LayerCase(SettingsCase):
    """A layer type; a loss too."""

    #: The initialiser that suits weights in front of it; None: that of what follows it.
    suits: str | None
    #: Layers that stand in front of it where it is looked at by itself, such as one that it refers to.
    front: str = ""
    #: Settings with which it fits behind a convolution of 64 filters, or, if its first variant is of vectors, a dense layer.
    fits: Mapping[str, Any] = field(default_factory=dict)
    #: What every generic test runs; few, of different paths through the code. The first one has no more than it needs.
    variants: Sequence[Variant]
    #: What its outputs are for the losses, and whether it can tell which of its units are dead.
    gives: Form | None = None
    tells_dead: bool = False
    #: Further ones, compared with torch alone. In all of them together every setting has a value that is not its default.
    parity: Sequence[Variant] = ()


@dataclass(frozen=True)
class Distribution:
    """What an initialiser draws: mean and variance, as numbers or functions of how many values an output is made of (into) and
    how many outputs an input goes to (out); and the limits that no value passes and some come near to."""

    mean: float
    variance: float | Callable[[int, int], float]
    limits: Callable[[int, int], tuple[float, float]] | None = None


@dataclass(frozen=True, kw_only=True)
class InitializerCase(SettingsCase):
    """An initialiser."""

    #: By its text in YAML.
    distributions: Mapping[str, Distribution]


@dataclass(frozen=True, kw_only=True)
class OptimizerCase(SettingsCase):
    """An optimizer."""

    #: Good settings for a quadratic with curvatures from 0.5 to 5: 500 steps reach its minimum. Every executor runs them.
    quick: Sequence[str]
    #: The names of its slots, as `momentum`, by the text in YAML.
    slots: Mapping[str, Sequence[str]]
    #: The first step from a parameter w with the gradient g, by a formula of the text's own numbers: what is subtracted from w.
    first_step: Mapping[str, Callable[[Array, Array], Array]]
    #: torch's optimizer of some tensors; together every setting has a value that is not its default.
    peers: Mapping[str, Callable[[Sequence[Tensor]], Any]]


#: The steps of an epoch in which schedules are tried by formula.
PER_EPOCH = 10


@dataclass(frozen=True, kw_only=True)
class ScheduleCase(SettingsCase):
    """A schedule."""

    #: The factor by (step since the warm-up, steps after the warm-up), with PER_EPOCH steps an epoch, by the text in YAML.
    factors: Mapping[str, Callable[[float, float], float]]
    #: torch's scheduler of an optimizer, where it has one: five epochs of four steps.
    peers: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class DatasetCase(SettingsCase):
    """A data set or file format."""

    #: What stands under `dataset:` in a config; it may write files into the folder first.
    written: Callable[[Path], Any]
    #: The shape of one example, the type of the inputs, and the classes' names; None: values are predicted.
    shape: Shape
    dtype: DType
    classes: Sequence[str] | None
    #: How many examples there are for training and, if there is a split of its own, for tests.
    examples: tuple[int, int | None]
    #: Whether its files may be missing.
    has_files: bool = True


@dataclass(frozen=True)
class Workplace:
    """What commands are tried on: the config of a small network, a run of it, a file of inputs, a folder to write into."""

    config: Path
    run: Path
    inputs: Path
    folder: Path


@dataclass(frozen=True, kw_only=True)
class CommandCase:
    """A command."""

    #: Arguments with which it succeeds, and writes no file beside `folder`.
    arguments: Callable[[Workplace], Sequence[object]]
    #: The keys of its JSON document, in their order; None: it has no `--json`.
    keys: Sequence[str] | None
    #: Arguments that it refuses, each with words of the message.
    refused: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ExecutorCase:
    """An executor."""

    #: One to test with; by default the one that a config gets.
    make: Callable[[], Executor]
    #: Whether it can tell how many operations a second it reaches at most.
    measures_peak: bool = False
    #: The types of numbers that it has not got; it refuses a graph that has them.
    lacks: frozenset[DType] = frozenset()
    #: What refusing says of them.
    refusal: str = ""


@dataclass(frozen=True, kw_only=True)
class OpCase:
    """What cannot be known of an operation from its samples; most operations need no file."""

    #: Errors, in units in the last place of float32, of the llvm executor's own formula; None: numpy's value, rounded.
    ulps: float | None = None
    #: Whether it takes every type, so that none is refused.
    takes_every_type: bool = False
