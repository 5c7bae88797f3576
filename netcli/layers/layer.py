"""The contract of a layer type: what the YAML may say, the nodes it builds, and what is known of its outputs."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field

from netcli.graph import Array, Node, Shape
from netcli.layers.building import Building
from netcli.layers.outputs import ANYWHERE, Bounds, Form
from netcli.settings import Choice, Family, Option

#: What a person may call a layer.
LayerName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]+$", max_length=60)]


class Layer(Option):
    """A layer of the stack. A layer type is one file: its fields are its settings, its docstring its documentation.

    What it declares of its outputs (`gives`, `rearranges`, `training_only`, `outputs_within`, `dead`) is read at the end of the
    stack (`ending.py`) and by `netcli doctor`. A layer that declares nothing is given no verdict.
    """

    suits: ClassVar[str | None] = None
    """The initialiser that suits weights in front of this layer; None: that of what follows it."""

    gives: ClassVar[Form | None] = None
    """What its outputs are to a loss, being just that of its input; None: numbers."""

    rearranges: ClassVar[bool] = False
    """Whether its outputs are its inputs, in their order, in another shape."""

    training_only: ClassVar[bool] = False
    """Whether it returns its input outside training, as dropout and augmentation do."""

    name: LayerName | None = None
    """Name of the layer; by default its type and a number: conv1, conv2, …"""

    @property
    def stacks(self) -> Sequence[Sequence[Layer]]:
        """The stacks within the layer, as they are written; () for most."""
        return ()

    @property
    def use(self) -> str | None:
        """For a block: how it is used, in words, for messages about what is in it."""
        return None

    @abstractmethod
    def build(self, building: Building, x: Node) -> Node:
        """Add the layer's forward nodes and return its output.

        `x` is the output of the layer before: varying, of shape `(channels, rows, columns)` or `(features,)` for one example.
        Raises LayerError or GraphError when it does not fit.
        """

    def outputs_within(self, given: Bounds) -> Bounds:
        """A range that the outputs never leave where the inputs do not leave `given`; ANYWHERE where nothing is known."""
        return given if self.rearranges or self.training_only else ANYWHERE

    def least_batch(self, shape: Shape) -> int:
        """How many examples a batch must have for training to mean anything, where the layer's outputs have this shape."""
        return 1

    def dead(self, values: Array) -> Array | None:
        """Which units (channels of images, or features) learn nothing from these outputs, `(n, units, …)`: `(units,)`, bool.

        None: the layer cannot tell.
        """
        return None


@dataclass(frozen=True)
class Baseline:
    """Losses of networks that know nothing of their input.

    `constant` is that of the best constant prediction: less takes knowledge. `start` is what a network should begin near:
    for probabilities equal ones, for values the same constant; `words` says which.
    """

    constant: float
    start: float
    words: str


class Loss(Layer):
    """The last layer. Its output is one number per example; it calls `building.predicts` with what the network predicts.

    A loss of probabilities says in `reads` which forms of its input it takes for what they are; where it is given one,
    `building.form` is that, and `building.logits(x)` what it was made of. Anything else it takes for logits.
    """

    suits: ClassVar[str | None] = "glorot"

    reads: ClassVar[frozenset[Form]] = frozenset()
    """Empty for a loss of values, which takes numbers as they are."""

    @property
    def of_input(self) -> bool:
        """Whether it compares with the standardised input, so that the targets of the data are not read."""
        return False

    def baseline(self, targets: Array, classes: int | None) -> Baseline | None:
        """The losses without knowledge on these targets, raw: labels `(n, …)` of so many classes, or values `(n, …)`.

        None: the loss cannot tell.
        """
        return None


class Unresolved(Layer):
    """A layer some of whose settings depend on what comes into it."""

    @property
    @abstractmethod
    def kind(self) -> type[Layer]:
        """What it will be."""

    @abstractmethod
    def resolve(self, x: Node) -> Layer:
        """The layer with its settings, for this input; the same object for the same shape. Raises StackError."""


LAYERS: Family[Layer] = Family("layer", "netcli.layers", Layer)  # type: ignore[type-abstract]

#: Layers one after the other, each in any of the ways to write it.
Stack = list[Annotated[Layer, Choice(LAYERS)]]
