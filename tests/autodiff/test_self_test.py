"""The self-test: every operation has errors planted, all are caught with the default settings, and what is missed is told."""

from __future__ import annotations

import pytest

from netcli.autodiff.gradcheck import CheckSettings, Planted, self_test
from netcli.executors.numpy import values_of
from netcli.graph import Differentiable, Op
from netcli.ops import operations

CLASSES = [
    operation
    for operation in operations()
    if issubclass(operation, Differentiable) and any(a.type.is_float for s in operation.samples() for a in s.arguments)
]


def is_flat(operation: type[Op]) -> bool:
    """Whether its derivatives are zero everywhere: nothing can be scaled or left out, only added."""
    floats = {i for sample in operation.samples() for i, argument in enumerate(sample.arguments) if argument.type.is_float}
    return floats <= {*operation.choosers, operation.like}


@pytest.mark.slow
@pytest.mark.parametrize("operation", CLASSES, ids=lambda operation: operation.__name__)
def test_everything_that_has_an_effect_is_caught(operation: type[Op]) -> None:
    (planted,) = list(self_test(values_of, [operation]))
    assert [each for each in planted if each.found == "missed"] == []
    caught = {each.error for each in planted if each.found == "caught"}
    if is_flat(operation):
        assert caught == {"added term"}
    else:
        assert caught >= {"× 1.01", "one element", "dropped term", "added term", "transposed", "forward × 1.01"}
    assert all(bool(each.by) == (each.found == "caught") for each in planted)


def test_operations_without_derivatives_have_nothing_planted() -> None:
    others = [operation for operation in operations() if operation not in CLASSES]
    assert list(self_test(values_of, others)) == []


def test_what_the_settings_cannot_see_is_missed() -> None:
    """Without second derivatives, a rule that is wrong in second order alone."""
    (operation,) = [operation for operation in CLASSES if operation.__name__ == "Tanh"]
    (planted,) = list(self_test(values_of, [operation], CheckSettings(second_order=False)))
    assert {each.error for each in planted if each.found == "missed"} == {"second order"}
    assert Planted("tanh", "tanh(float64[n,7])", 0, "× 1.01", "caught", ("reverse", "complex", "forward")) in planted
