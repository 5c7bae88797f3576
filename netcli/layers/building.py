"""What a layer is given to build its nodes with, and what it hands back besides its output."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

from netcli.errors import GraphError
from netcli.graph import DType, Initializer, Node, Shape, Variable, layer, op_of, setting, variable
from netcli.layers.outputs import Form
from netcli.ops import absolute, random_uniform, reshape, sum_over

if TYPE_CHECKING:
    from netcli.layers.layer import Layer
    from netcli.layers.placing import Placed


class LayerError(GraphError):
    """A layer that does not fit what comes before it or the data; `setting` is the one to change, if it is one."""

    def __init__(self, message: str, *, hint: str | None = None, setting: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.setting = setting


@dataclass(frozen=True)
class Target:
    """What is predicted: one of `classes` (a label, or one for each pixel), or values; and the node of the batch's targets."""

    node: Node
    classes: int | None

    @property
    def shape(self) -> Shape:
        """Shape of one example's target: () for a label, (rows, columns) for a label of each pixel."""
        return self.node.shape


@dataclass
class Store:
    """The variables of a network, made when first asked for: its training and its evaluation graph share them."""

    dtype: DType
    variables: dict[str, Node] = field(default_factory=dict)

    def get(self, label: str, shape: Shape, initial: Initializer, *, trainable: bool, shared: bool = False) -> Node:
        """The variable of this name; `shared`: for another layer than it was made for. Raises LayerError where it was made as
        another one.
        """
        if label not in self.variables:
            self.variables[label] = variable(label, shape, initial, dtype=self.dtype, trainable=trainable)
        found = self.variables[label]
        before = shape_text(found.shape), op_of(found, Variable).trainable
        if shared and found.shape != shape:
            raise LayerError(
                f"{label} has the shape {before[0]}; for this input it would need {shape_text(shape)}",
                hint="the same weights can be had again only for inputs that they fit",
            )
        if before != (shape_text(shape), trainable):
            made, wanted = (f"{_kind(trained)} of {what}" for what, trained in (before, (shape_text(shape), trainable)))
            raise LayerError(
                f"{label} is {wanted} here, and {made} in the other graph",
                hint="ask for the same parameters and statistics whether building.training is true or not",
            )
        return found


class Folder(Protocol):
    """What a walk through the network does for the layers in it."""

    def fold(self, stack: Sequence[Layer], x: Node, part: str, *, sealed: bool) -> Node:
        """See `Building.fold`."""

    def find(self, name: str) -> tuple[Placed, Node]:
        """See `Building.earlier`."""

    def repeated(self, name: str, x: Node) -> Node:
        """See `Building.again`."""


@dataclass
class Building:
    """The state of one walk through the stack."""

    store: Store
    training: bool
    target: Target
    seed: Node
    step: Node
    weight_decay: float = 0.0
    l1: float = 0.0
    layer: str = ""
    suggested: str = "glorot"
    """The initialiser that suits what follows the present layer."""
    randoms: int = 0
    penalties: list[Node] = field(default_factory=list)
    updates: dict[Node, Node] = field(default_factory=dict)
    prediction: Node | None = None
    metrics: dict[str, Node] = field(default_factory=dict)
    standardised: Node | None = None
    """The input as the first layer is given it."""
    form: Form | None = None
    """For a loss: what its input is, of the forms that it `reads`; None: numbers, as they are."""
    walk: Folder | None = None
    """What folds the stacks within a layer."""
    _logits: Node | None = None
    _asked: set[str] = field(default_factory=set)
    _shared: tuple[str, str] | None = None
    _penalized: set[Node] = field(default_factory=set)

    def fold(self, stack: Sequence[Layer], x: Node, part: str = "", *, sealed: bool = False) -> Node:
        """The output of a stack within the present layer, on `x`; of several stacks each is a `part` with a name of its own.

        Names given in the stacks around it can be referred to from within, unless it is `sealed`, as a block is.
        """
        assert self.walk is not None, "a walk makes the building that layers are given"
        return self.walk.fold(stack, x, part, sealed=sealed)

    def earlier(self, name: str) -> Node:
        """The output of the earlier layer that was given this name, in this stack or in one around it. Raises LayerError."""
        assert self.walk is not None, "a walk makes the building that layers are given"
        return self.walk.find(name)[1]

    def again(self, name: str, x: Node) -> Node:
        """What the earlier layer of this name makes of `x`, with the variables that it has. Raises LayerError."""
        assert self.walk is not None, "a walk makes the building that layers are given"
        return self.walk.repeated(name, x)

    @contextmanager
    def sharing(self, present: str, first: str) -> Iterator[None]:
        """Within: the variables of the layer `present` and of those in it are those of `first`, which has asked for them."""
        before, self._shared = self._shared, (present, first)
        try:
            yield
        finally:
            self._shared = before

    def parameter(self, name: str, shape: Shape, initial: Initializer) -> Node:
        """A trained variable of the present layer. Raises LayerError where the layer has asked for that name already."""
        return self._variable(name, shape, initial, trainable=True)

    def statistic(self, name: str, shape: Shape, initial: Initializer) -> Node:
        """A variable of the present layer that no gradient changes; see `update`. Raises LayerError as `parameter` does."""
        return self._variable(name, shape, initial, trainable=False)

    def _variable(self, name: str, shape: Shape, initial: Initializer, *, trainable: bool) -> Node:
        """One that this walk has not asked for yet: two of one name would be one, trained for two purposes."""
        label = f"{self.layer}/{name}"
        if self._shared is not None:
            present, first = self._shared
            label = first + label.removeprefix(present)
        elif label in self._asked:
            raise LayerError(
                f'"{name}" is asked for twice: both would be one and the same variable',
                hint="give each parameter and statistic of a layer a name of its own; keep the node to use it twice",
            )
        self._asked.add(label)
        return self.store.get(label, shape, initial, trainable=trainable, shared=self._shared is not None)

    def update(self, variable: Node, value: Node) -> None:
        """The new value of a statistic, after each training step. Raises LayerError for a second one."""
        if variable in self.updates:
            label = op_of(variable, Variable).label
            if self._shared is not None:
                raise LayerError(
                    f"{label} would be updated twice in a step, once for each use of {self._shared[0]}",
                    hint="running statistics are those of one place: give this place a normalisation of its own",
                )
            raise LayerError(f"{label} is updated twice: the first new value would be lost", hint="update it once")
        self.updates[variable] = value

    def penalize(self, weight: Node, weight_decay: float | None, l1: float | None) -> None:
        """Add λ/2 · Σ w² and λ₁ · Σ |w| to what is minimised; None: the strength set for all layers."""
        if weight in self._penalized:
            return  # a weight that is used twice counts once
        self._penalized.add(weight)
        decay = self.weight_decay if weight_decay is None else weight_decay
        sparsity = self.l1 if l1 is None else l1
        if decay:
            strength = self._strength("half_weight_decay", decay / 2, of_all=weight_decay is None)
            self.penalties.append(sum_over(weight * weight) * strength)
        if sparsity:
            self.penalties.append(sum_over(absolute(weight)) * self._strength("l1", sparsity, of_all=l1 is None))

    def _strength(self, label: str, number: float, *, of_all: bool) -> Node:
        """The strength of a penalty: one setting for all layers that have none of their own."""
        if not of_all:
            return self.setting(label, number)
        with layer(""):
            return setting(label, number, self.store.dtype)

    def setting(self, label: str, number: float) -> Node:
        """A setting of the present layer, or a number made of settings: code is fed it, so that another one needs no other.

        A number that decides what there is to compute, such as a rate of 0, makes another graph instead.
        """
        return setting(f"{self.layer}/{label}", number, self.store.dtype)

    def random(self, like: Node, shape: Shape | None = None) -> Node:
        """Fresh uniform numbers of [0, 1) for each example, of the shape of `like` or another; a new set at every step."""
        self.randoms += 1
        return random_uniform(self.seed, self.step, like, like.shape if shape is None else shape, self.randoms)

    def reads(self, form: Form, logits: Node) -> None:
        """Called before a loss is built: what its input is, and the logits that this was made of."""
        self.form, self._logits = form, logits

    def logits(self, x: Node) -> Node:
        """For a loss: the logits of its input `x`, in its shape; `x` itself where that has no form."""
        return x if self._logits is None else reshape(self._logits, x.shape)

    def predicts(self, prediction: Node, **metrics: Node) -> None:
        """Called by the loss: what the network predicts, and a number per example for each metric."""
        self.prediction = prediction
        self.metrics = metrics


def _kind(trained: bool) -> str:
    return "a parameter" if trained else "a statistic"


def filled(value: float) -> Initializer:
    """An initialiser that fills with a number."""
    return lambda _, shape: np.full(shape, value)


def image(x: Node, layer: str) -> tuple[int, int, int]:
    """Channels, rows and columns of an image. Raises LayerError."""
    if len(x.shape) != 3:
        hint = f"put {layer} before flatten, or reshape the data to [channels, rows, columns] first"
        raise LayerError(f"{layer} expected images (channels, rows, columns), found {shape_text(x.shape)}", hint=hint)
    return x.shape[0], x.shape[1], x.shape[2]


def vector(x: Node, layer: str) -> int:
    """Number of features of a vector. Raises LayerError."""
    if len(x.shape) != 1:
        raise LayerError(
            f"{layer} expected a vector per example, found {shape_text(x.shape)}",
            hint=f"put flatten (or global_avgpool) before {layer}",
        )
    return x.shape[0]


def check_groups(groups: int, counts: Mapping[str, int]) -> None:
    """Raise LayerError unless so many groups divide each of the counts evenly, which are named."""
    for what, count in counts.items():
        if count % groups:
            raise LayerError(
                f"{counted(groups, 'group')} cannot divide the {count} {what} evenly",
                setting="groups",
                hint="choose a divisor of both" if len(counts) == 2 else f"choose a divisor of {count}",
            )


def class_scores(building: Building, x: Node, layer: str) -> int:
    """Number of scores, one for each class, that become probabilities. Raises LayerError for what is no vector."""
    if building.target.shape and building.target.classes is not None and len(x.shape) == 3:
        raise LayerError(
            f"{layer} makes one distribution of a vector, found {shape_text(x.shape)}, and each pixel has a class",
            hint=f"remove {layer}: cross_entropy takes the channels at each pixel for logits",
        )
    return vector(x, layer)


def shape_text(shape: Shape) -> str:
    """A shape as people write it: 16×8×8."""
    return "×".join(map(str, shape)) if shape else "one number"


def counted(number: int, what: str) -> str:
    """A number of things: 1 unit, 2 units."""
    return f"{number} {what}{'' if number == 1 else 's'}"
