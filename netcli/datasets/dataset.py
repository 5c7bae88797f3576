"""Data as a source reads it and as training uses it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from netcli.graph import Array, Shape


@dataclass(frozen=True, eq=False)
class Split:
    """One part of the data: training, validation or test.

    `inputs` is (n, *shape), uint8 or float32, C-contiguous, and holds the values of the source, not scaled. `targets` is
    int32, the classes' numbers from 0, (n,) or, of pixels, (n, rows, columns); or float32, the values to predict,
    (n, *target_shape).
    """

    inputs: Array
    targets: Array

    def __len__(self) -> int:
        return len(self.inputs)

    def take(self, examples: Array) -> Split:
        """The examples with these indices, in their order; a copy."""
        return Split(np.ascontiguousarray(self.inputs[examples]), np.ascontiguousarray(self.targets[examples]))


@dataclass(frozen=True, eq=False)
class Raw:
    """What a source reads.

    `origin` is what messages call it: the name of the file or of the bundled set. `classes` are the names of the classes;
    None means that the targets are values (regression). `features` are the names of the columns, where there are any.
    `largest` is the largest value an input can have (255 for bytes), None where that is not known.
    """

    origin: str
    train: Split
    test: Split | None
    classes: tuple[str, ...] | None
    features: tuple[str, ...] | None
    largest: float | None


@dataclass(frozen=True, eq=False)
class Dataset:
    """What training uses; the network computes `(x · scale - mean) / deviation` of its inputs itself.

    `mean` and `deviation` are float64 and have the shape of one example, with 1 where one number serves for all: (c, 1, 1)
    for one per channel, (features,) for one per feature. They come from the scaled inputs of `train` alone; no deviation
    is 0. `largest` is the source's, in raw values: pictures given to the trained network are brought to that range.
    """

    name: str
    train: Split
    validation: Split | None
    test: Split | None
    classes: tuple[str, ...] | None
    features: tuple[str, ...] | None
    largest: float | None
    scale: float
    mean: Array
    deviation: Array

    @property
    def input_shape(self) -> Shape:
        """Shape of one example: (c, h, w) or (features,)."""
        return tuple(self.train.inputs.shape[1:])

    @property
    def target_shape(self) -> Shape:
        """Shape of one target: () for a class, (rows, columns) for those of pixels, otherwise that of the values to predict."""
        return tuple(self.train.targets.shape[1:])

    @property
    def class_count(self) -> int | None:
        """Number of classes; None where values are predicted."""
        return None if self.classes is None else len(self.classes)
