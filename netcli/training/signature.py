"""What a network must know of its data to be built again without it; kept with every checkpoint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
from pydantic import TypeAdapter

from netcli.datasets.dataset import Dataset
from netcli.graph import DType, Shape, TensorType
from netcli.layers.stack import Inputs


@dataclass(frozen=True)
class Signature:
    """Types of inputs and targets, the names of classes and features, the largest raw input, where there are any."""

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
        return cls(data.input_shape, inputs, data.target_shape, targets, data.classes, data.features, data.largest)

    def to_json(self) -> str:
        """As JSON."""
        return _ADAPTER.dump_json(self).decode()

    @classmethod
    def from_json(cls, text: str) -> Signature:
        """From JSON. Raises pydantic.ValidationError."""
        return _ADAPTER.validate_json(text)

    def inputs(self, data: Dataset | None, dtype: DType) -> Inputs:
        """What the builder of a model of this dtype wants; in float64, floats are fed as such.

        Without data the statistics are 0 and 1: they are then read from a checkpoint.
        """
        shape = (1,) * len(self.input_shape)
        classes = None if self.classes is None else len(self.classes)
        types = (
            TensorType(self.input_shape, _fed(self.input_dtype, dtype), varying=True),
            TensorType(self.target_shape, _fed(self.target_dtype, dtype), varying=True),
        )
        if data is None:
            return Inputs(*types, classes, 1.0, np.zeros(shape), np.ones(shape))
        return Inputs(*types, classes, data.scale, data.mean, data.deviation)


def _fed(raw: str, dtype: DType) -> DType:
    """The dtype that data of a raw dtype is fed in."""
    return dtype if raw == "float32" else cast("DType", raw)


_ADAPTER = TypeAdapter(Signature)
