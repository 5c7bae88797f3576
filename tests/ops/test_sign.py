"""The sign of a number, at its jump and of what is no number."""

from __future__ import annotations

import numpy as np

from netcli.autodiff import gradients
from netcli.autodiff.gradcheck import check_operation
from netcli.autodiff.gradcheck.planted import shifted, spoiled
from netcli.executors.numpy import values_of
from netcli.graph import Sample, TensorType, placeholder, varying
from netcli.ops import sign
from netcli.ops.sign import Sign


def test_values() -> None:
    x = placeholder("x", TensorType((7,), "float64"))
    (y,) = values_of([sign(x)], {x: np.array([-np.inf, -1e-300, -0.0, 0.0, 1e-300, np.inf, np.nan])})
    np.testing.assert_array_equal(y, [-1, -1, 0, 0, 1, 1, np.nan])


def test_the_derivative_is_zero_also_at_the_jump() -> None:
    x = placeholder("x", TensorType((3,), "float64"))
    (derivative,) = values_of(gradients([sign(x) * sign(x)], [x], unconnected="zero"), {x: np.array([-1.0, 0.0, 2.0])})
    assert derivative.tolist() == [0, 0, 0]


def test_it_knows_its_jump() -> None:
    """No difference across it is taken for an error of the rule."""
    at_the_jump = Sample(Sign(), (varying(2, low=0.0, high=0.0),))
    assert {check.kind: check.verdict for check in check_operation(at_the_jump, values_of)}["reverse"] == "kink"


def test_a_wrong_derivative_is_not_excused_by_the_jump() -> None:
    at_the_jump = Sample(spoiled(Sign(), 0, shifted), (varying(2, low=0.0, high=0.0),))
    assert {check.kind: check.verdict for check in check_operation(at_the_jump, values_of)}["reverse"] == "fail"
