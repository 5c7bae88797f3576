"""Hessian-vector products against matrices worked out by hand, finite differences of gradients, and reverse over reverse."""

from __future__ import annotations

import numpy as np
import pytest

from netcli.autodiff import gradients, hessian_vector_products
from netcli.errors import MissingRuleError
from netcli.executors.numpy import values_of
from netcli.graph import Array, Differentiable, Node, Sample, TensorType, constant, placeholder
from netcli.ops import batch_mean, conv2d, dense, exp, greater, log_softmax, operations, relu, reshape, select, sum_over, tanh
from netcli.ops.window import Window

SAMPLES = [
    sample
    for operation in operations()
    if issubclass(operation, Differentiable)
    for sample in operation.samples()[:1]
    if any(argument.type.is_float for argument in sample.arguments)
]


def leaf(label: str, *shape: int, varying: bool = False) -> Node:
    return placeholder(label, TensorType(shape, "float64", varying))


def products(y: Node, values: dict[Node, Array], vectors: dict[Node, Array]) -> list[Array]:
    named = [placeholder("v", x.type) for x in vectors]
    nodes = hessian_vector_products(y, list(vectors), named)
    return values_of(nodes, {**values, **dict(zip(named, vectors.values(), strict=True))})


def test_a_quadratic_form() -> None:
    """½ xᵀAx has the Hessian A, if A is symmetric."""
    a = np.array([[2.0, 1.0, 0.0], [1.0, 3.0, -1.0], [0.0, -1.0, 5.0]])
    x = leaf("x", 3)
    y = sum_over(reshape(x, (3, 1)) * reshape(x, (1, 3)) * constant(a, "float64")) * 0.5
    v = np.array([1.0, -2.0, 0.5])
    (found,) = products(y, {x: np.array([0.3, 0.1, -0.7])}, {x: v})
    np.testing.assert_allclose(found, a @ v, rtol=1e-14)


def test_blocks_between_two_inputs() -> None:
    """Σ x² z has ∂²/∂x² = 2 z, ∂²/∂x∂z = 2 x, and nothing of z alone."""
    x, z = leaf("x", 2), leaf("z", 2)
    values = {x: np.array([1.5, -2.0]), z: np.array([0.5, 3.0])}
    vx, vz = np.array([1.0, 2.0]), np.array([-1.0, 0.25])
    by_x, by_z = products(sum_over(x * x * z), values, {x: vx, z: vz})
    np.testing.assert_allclose(by_x, 2 * values[z] * vx + 2 * values[x] * vz, rtol=1e-14)
    np.testing.assert_allclose(by_z, 2 * values[x] * vx, rtol=1e-14)


def network() -> tuple[Node, dict[Node, Array], list[Node]]:
    """A small network with images, and its parameters."""
    x, w, b, u = leaf("x", 1, 5, 5, varying=True), leaf("w", 2, 1, 3, 3), leaf("b", 2, 1, 1), leaf("u", 18, 4)
    generator = np.random.default_rng(3)
    values = {x: generator.normal(size=(4, 1, 5, 5)), **{p: generator.normal(size=p.shape) * 0.5 for p in (w, b, u)}}
    hidden = reshape(tanh(conv2d(x, w, Window((3, 3))) + b), (18,))
    return batch_mean(reshape(-sum_over(log_softmax(dense(hidden, u)), (-1,)), ())), values, [w, b, u]


def test_a_network_against_differences_of_its_gradient() -> None:
    """(∇f(θ + hv) - ∇f(θ - hv)) / 2h is off by h²/6 of a fourth derivative, and ε/h: 1e-9 with h = 1e-5."""
    y, values, parameters = network()
    generator = np.random.default_rng(4)
    vectors = {p: generator.normal(size=p.shape) for p in parameters}
    gradient, h = gradients([y], parameters), 1e-5

    def at(sign: float) -> list[Array]:
        return values_of(gradient, {**values, **{p: values[p] + sign * h * v for p, v in vectors.items()}})

    for found, above, below in zip(products(y, values, vectors), at(1), at(-1), strict=True):
        np.testing.assert_allclose(found, (above - below) / (2 * h), rtol=1e-6, atol=1e-8)


def test_the_matrix_is_symmetric_and_that_of_reverse_over_reverse() -> None:
    y, values, parameters = network()
    generator = np.random.default_rng(5)
    u, v = ({p: generator.normal(size=p.shape) for p in parameters} for _ in range(2))
    hu, hv = products(y, values, u), products(y, values, v)
    one = sum(float(np.sum(a * b)) for a, b in zip(u.values(), hv, strict=True))
    other = sum(float(np.sum(a * b)) for a, b in zip(v.values(), hu, strict=True))
    assert one == pytest.approx(other, rel=1e-12)
    seeds = [constant(v[p], "float64") for p in parameters]
    twice = values_of(gradients(gradients([y], parameters), parameters, seeds), values)
    for found, expected in zip(hv, twice, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_every_operation(sample: Sample) -> None:
    """Of the sum of the squares of its results: forward over reverse against differences of the gradient."""
    generator = np.random.default_rng(6)
    values = {placeholder(f"x{i}", a.type): a.draw(generator, 3) for i, a in enumerate(sample.arguments)}
    y = Node(sample.op, values)
    floats = [x for x in values if x.type.is_float]
    total, h = sum_over(y * y), 1e-6
    vectors = {x: generator.uniform(-1, 1, values[x].shape) for x in floats}
    gradient = gradients([total], floats, unconnected="zero")
    above, below = (
        values_of(gradient, {**values, **{x: values[x] + sign * h * v for x, v in vectors.items()}}) for sign in (1, -1)
    )
    for found, up, down in zip(products(total, values, vectors), above, below, strict=True):
        scale = max(1.0, float(np.abs(up).max()))
        np.testing.assert_allclose(found, (up - down) / (2 * h), rtol=1e-5, atol=1e-7 * scale)


def test_what_does_not_matter_has_zeros() -> None:
    x, z = leaf("x", 2), leaf("z", 3)
    values = {x: np.array([1.0, 2.0]), z: np.zeros(3)}
    by_x, by_z = products(sum_over(exp(x)), values, {x: np.ones(2), z: np.ones(3)})
    np.testing.assert_allclose(by_x, np.exp(values[x]), rtol=1e-15)
    np.testing.assert_array_equal(by_z, np.zeros(3))
    (none,) = products(sum_over(relu(x)), {x: values[x]}, {x: np.ones(2)})
    np.testing.assert_array_equal(none, np.zeros(2))


def test_a_missing_rule_is_told() -> None:
    from planted import Ruleless

    x = leaf("x", 2)
    with pytest.raises(MissingRuleError, match="ruleless has no derivative rule"):
        hessian_vector_products(sum_over(Node(Ruleless(), (x,))), [x], [x])
    y = sum_over(select(greater(x, 0.0), x * x, x))
    (found,) = products(y, {x: np.array([1.0, -1.0])}, {x: np.array([3.0, 5.0])})
    np.testing.assert_array_equal(found, [6.0, 0.0])
