"""What a network must know of its data to be built again without it; kept with every checkpoint."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields
from typing import cast

from pydantic import TypeAdapter

from netcli.datasets.dataset import Dataset
from netcli.graph import Array, DType, Shape, TensorType
from netcli.layers.stack import Inputs


@dataclass(frozen=True, eq=False)
class Statistics:
    """How inputs are standardised: `(x · scale - mean) / deviation`."""

    scale: float
    mean: Array
    deviation: Array


@dataclass(frozen=True)
class Signature:
    """Number of training examples, types of inputs and targets, names of classes and features and the largest raw input,
    where there are any.
    """

    examples: int
    input_shape: Shape
    input_dtype: str
    target_shape: Shape
    target_dtype: str
    classes: tuple[str, ...] | None
    features: tuple[str, ...] | None
    largest: float | None

    @classmethod
    def of(cls, data: Dataset) -> Signature:
        """The signature of a data set."""
        inputs, targets = data.train.inputs.dtype.name, data.train.targets.dtype.name
        shapes = (data.input_shape, inputs, data.target_shape, targets)
        return cls(len(data.train), *shapes, data.classes, data.features, data.largest)

    def difference(self, other: Signature, apart_from: Collection[str] = ()) -> str | None:
        """The first thing in which the other signature is not like this one, in words, or None."""
        for name in (field.name for field in fields(self) if field.name not in apart_from):
            one, two = getattr(self, name), getattr(other, name)
            if one != two:
                return f"{name.replace('_', ' ')} {_text(one)} then, {_text(two)} now"
        return None

    def to_json(self) -> str:
        """As JSON."""
        return _ADAPTER.dump_json(self).decode()

    @classmethod
    def from_json(cls, text: str) -> Signature:
        """From JSON. Raises pydantic.ValidationError."""
        return _ADAPTER.validate_json(text)

    def inputs(self, statistics: Statistics, dtype: DType) -> Inputs:
        """What the builder of a model of this dtype wants; in float64, floats are fed as such."""
        classes = None if self.classes is None else len(self.classes)
        types = (
            TensorType(self.input_shape, _fed(self.input_dtype, dtype), varying=True),
            TensorType(self.target_shape, _fed(self.target_dtype, dtype), varying=True),
        )
        return Inputs(*types, classes, statistics.scale, statistics.mean, statistics.deviation)


def _fed(raw: str, dtype: DType) -> DType:
    """The dtype that data of a raw dtype is fed in."""
    return dtype if raw == "float32" else cast("DType", raw)


def _text(value: object) -> str:
    """A shape or names as people write them."""
    if isinstance(value, tuple):
        return ("×" if all(isinstance(part, int) for part in value) else ", ").join(map(str, value)) or "()"
    return str(value)


_ADAPTER = TypeAdapter(Signature)
