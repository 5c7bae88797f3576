"""The contract of an optimizer."""

from __future__ import annotations

from abc import abstractmethod
from typing import Annotated

import numpy as np
from pydantic import Field

from netcli.graph import Node, Variable, layer, op_of, setting, variable
from netcli.settings import Family, Option

Rate = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(ge=0, lt=1)]

#: New values of variables: of the parameters, and of the optimizer's own slots.
Updates = dict[Node, Node]


class Optimizer(Option):
    """A rule that changes the parameters along their gradients. Each is one file."""

    lr: Rate
    """Learning rate, before any schedule."""

    @abstractmethod
    def updates(self, w: Node, g: Node, lr: Node, step: Node) -> Updates:
        """The new value of a parameter and of its slots, as nodes, from its gradient.

        `lr` is the scheduled learning rate, a scalar; `step` counts from 0, a scalar of the parameters' dtype.
        """


OPTIMIZERS: Family[Optimizer] = Family("optimizer", "netcli.optimizers", Optimizer)  # type: ignore[type-abstract]


def hyper(label: str, number: float, like: Node) -> Node:
    """A number that the optimizer or its schedule is set by, for all layers: a scalar of the dtype of `like`."""
    with layer(""):
        return setting(label, number, like.type.dtype)


def slot(word: str, name: str, parameter: Node, value: float = 0.0) -> Node:
    """State of the optimizer for one parameter, of its shape: a variable `optimizer/NAME/PARAMETER`."""
    label = f"{word}/{name}/{op_of(parameter, Variable).label}"
    return variable(label, parameter.shape, lambda _, shape: np.full(shape, value), dtype=parameter.type.dtype, trainable=False)
