"""What a layer may ask for, and what it is refused: one variable for two purposes."""

from __future__ import annotations

import numpy as np
import pytest
from support.networks import numbered

from netcli.graph import Node, TensorType
from netcli.layers.building import Building, filled
from netcli.layers.dense import Dense
from netcli.layers.layer import Layer
from netcli.layers.mse import Mse
from netcli.layers.placing import StackError
from netcli.layers.stack import Inputs, Model, build_model


def model_of(layer: Layer) -> Model:
    real = TensorType((4,), "float32", varying=True)
    return build_model([layer, Mse()], Inputs(real, real, None, 1.0, np.zeros(1), np.ones(1)), locate=numbered([layer], 7))


class Twice(Layer):
    """A layer made of a layer, used twice."""

    word = "twice"

    def build(self, building: Building, x: Node) -> Node:
        inner = Dense(units=4)
        return inner.build(building, inner.build(building, x))


class Kinds(Layer):
    """A parameter and a statistic of one name."""

    word = "kinds"

    def build(self, building: Building, x: Node) -> Node:
        return x * building.parameter("a", (4,), filled(1.0)) + building.statistic("a", (4,), filled(1.0))


class Statistics(Layer):
    """A statistic asked for twice."""

    word = "statistics"

    def build(self, building: Building, x: Node) -> Node:
        return x + building.statistic("a", (4,), filled(0.0)) + building.statistic("a", (4,), filled(0.0))


class Updates(Layer):
    """A statistic with two new values."""

    word = "updates"

    def build(self, building: Building, x: Node) -> Node:
        a = building.statistic("a", (4,), filled(0.0))
        building.update(a, a + 1.0)
        building.update(a, a + 2.0)
        return x + a


class Shapes(Layer):
    """A parameter of another shape in evaluation."""

    word = "shapes"

    def build(self, building: Building, x: Node) -> Node:
        return x + building.parameter("a", (4,) if building.training else (1,), filled(0.0))


class Trained(Layer):
    """A parameter that is a statistic in evaluation."""

    word = "trained"

    def build(self, building: Building, x: Node) -> Node:
        ask = building.parameter if building.training else building.statistic
        return x + ask("a", (4,), filled(0.0))


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (Twice(), 'twice1: "weight" is asked for twice: both would be one and the same variable'),
        (Kinds(), 'kinds1: "a" is asked for twice: both would be one and the same variable'),
        (Statistics(), 'statistics1: "a" is asked for twice: both would be one and the same variable'),
        (Updates(), "updates1: updates1/a is updated twice: the first new value would be lost"),
        (Shapes(), "shapes1: shapes1/a is a parameter of 1 here, and a parameter of 4 in the other graph"),
        (Trained(), "trained1: trained1/a is a statistic of 4 here, and a parameter of 4 in the other graph"),
    ],
)
def test_refused(layer: Layer, message: str) -> None:
    with pytest.raises(StackError) as caught:
        model_of(layer)
    assert caught.value.message == message
    assert caught.value.written.line == 7
    assert caught.value.hint is not None


class Tied(Layer):
    """A parameter asked for once and used twice: weights may be shared on purpose."""

    word = "tied"

    def build(self, building: Building, x: Node) -> Node:
        a = building.parameter("a", (4,), filled(1.0))
        return x * a * a


def test_a_node_may_be_used_twice() -> None:
    assert [node.shape for node in model_of(Tied()).parameters] == [(4,)]
