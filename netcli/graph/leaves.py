"""Nodes without inputs: what is fed, what is trained, what is fixed."""

from __future__ import annotations

import itertools
from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import ModuleType

import numpy as np
from numpy.typing import ArrayLike

from netcli.graph.node import Node
from netcli.graph.op import Array, Op, Sample
from netcli.graph.types import DType, Shape, TensorType

#: Values of a variable before training, drawn with this generator.
Initializer = Callable[[np.random.Generator, Shape], Array]

_identities = itertools.count()


class Leaf(Op):
    """An operation without inputs. Its value comes from outside: executors supply it."""

    type: TensorType

    def infer(self, *types: TensorType) -> TensorType:
        """The declared type."""
        assert not types, f"{self.name} takes no inputs, found {len(types)}"
        return self.type

    def flops(self, output: TensorType, *inputs: TensorType) -> int:
        """Nothing is computed."""
        return 0

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        """None: there is nothing to differentiate."""
        return ()


@dataclass(frozen=True)
class Placeholder(Leaf):
    """An input that is fed at every step. Two placeholders are two, whatever their names."""

    label: str
    type: TensorType
    identity: int = field(default_factory=lambda: next(_identities), repr=False)

    @property
    def attributes(self) -> str:
        """The identity is no attribute that a reader needs."""
        return ""

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        """Never called: executors feed placeholders."""
        raise AssertionError(f"placeholder {self.label} was not fed")


@dataclass(frozen=True)
class Variable(Leaf):
    """State that lives from step to step: a parameter (`trainable`), a running statistic, an optimizer's slot, a counter.

    `label` is its full name, `conv1/weight`; names are unique in a graph. `initial` draws its first value.
    """

    label: str
    type: TensorType
    initial: Initializer = field(compare=False, repr=False)
    trainable: bool = True
    identity: int = field(default_factory=lambda: next(_identities), repr=False)

    @property
    def attributes(self) -> str:
        """Whether the optimizer changes it."""
        return "" if self.trainable else "trainable=False"

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        """Never called: executors read the state."""
        raise AssertionError(f"variable {self.label} has no value")


class Known(Leaf):
    """A leaf whose value is known when the graph is built."""

    @property
    @abstractmethod
    def value(self) -> Array:
        """The value as a read-only array."""

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        """The value."""
        return self.value


@dataclass(frozen=True)
class Setting(Known):
    """A number that is set from outside, such as the learning rate: known by its `label`, which is unique in a graph.

    Executors are fed it as they are fed variables: what they make of a graph serves every number. So no pass folds it or takes
    it for an equal number. What is computed from settings before the graph is built is a setting too: `one_minus_decay`.
    """

    label: str
    number: float
    type: TensorType

    @property
    def value(self) -> Array:
        """The number, rounded to the dtype."""
        with np.errstate(over="ignore"):
            value = np.array(self.number, self.type.dtype)
        value.flags.writeable = False
        return value

    @property
    def attributes(self) -> str:
        """The number."""
        return f"value={self.number:.6g}"


@dataclass(frozen=True)
class Constant(Known):
    """A fixed value; the same value is the same constant."""

    data: bytes
    type: TensorType

    @property
    def value(self) -> Array:
        """The value as a read-only array."""
        return np.frombuffer(self.data, self.type.dtype).reshape(self.type.shape)

    @property
    def attributes(self) -> str:
        """The value if it is one number, else its range."""
        value = self.value
        if value.ndim == 0:
            return f"value={value.item():.6g}"
        return f"min={value.min():.6g} max={value.max():.6g}" if value.size else "empty"


def placeholder(label: str, type_: TensorType) -> Node:
    """A new input."""
    return Node(Placeholder(label, type_))


def variable(label: str, shape: Shape, initial: Initializer, *, dtype: DType = "float32", trainable: bool = True) -> Node:
    """A new variable."""
    return Node(Variable(label, TensorType(shape, dtype), initial, trainable))


def constant(value: ArrayLike, dtype: DType = "float32") -> Node:
    """A fixed uniform value: a number, or an array."""
    with np.errstate(over="ignore"):  # a number beyond the dtype is infinite in it, and is found where it does harm
        array = np.array(value, dtype=dtype, order="C")
    return Node(Constant(array.tobytes(), TensorType(array.shape, dtype)))


def setting(label: str, number: float, dtype: DType = "float32") -> Node:
    """A number that is set from outside."""
    return Node(Setting(label, float(number), TensorType((), dtype)))


def as_node(value: Node | float, like: Node) -> Node:
    """A node as it is; a number as a constant of the dtype of `like`."""
    return value if isinstance(value, Node) else constant(value, like.type.dtype)
