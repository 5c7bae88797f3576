"""Time a step of JAX, compiled by jit: `step_jax.py NET BATCH SECONDS`."""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from nets import NETS, Layer, sized
from timing import report, timed

LAYOUT = ("NHWC", "HWIO", "NHWC")  # XLA's quicker one on a CPU
#: Of each layer in its order: weights and biases, scales and shifts, or what is in a residual; () for one without.
Parameters = list[Any]


def parameters_of(layers: Sequence[Layer], shape: Sequence[int], keys: Iterator[jax.Array]) -> Parameters:
    """The first parameters."""
    return [_first(layer, into, keys) for layer, into in sized(layers, shape)]


def _first(layer: Layer, shape: Sequence[int], keys: Iterator[jax.Array]) -> Any:
    match layer:
        case ("conv", outputs, kernel, _, _, groups, bias):
            weight = 0.05 * jax.random.normal(next(keys), (kernel, kernel, shape[0] // groups, outputs))
            return (weight, jnp.zeros(outputs)) if bias else (weight,)
        case ("dense", outputs):
            return 0.05 * jax.random.normal(next(keys), (shape[0], outputs)), jnp.zeros(outputs)
        case ("norm",):
            return jnp.ones(shape[0]), jnp.zeros(shape[0])
        case ("residual", layers, shortcut):
            return [parameters_of(part, shape, keys) for part in (layers, shortcut)]
    return ()


def statistics_of(layers: Sequence[Layer], shape: Sequence[int]) -> list[tuple[jax.Array, jax.Array]]:
    """The running means and variances of the normalisations, in their order."""
    found = []
    for layer, into in sized(layers, shape):
        if layer[0] == "norm":
            found.append((jnp.zeros(into[0]), jnp.ones(into[0])))
        elif layer[0] == "residual":
            found += [each for part in layer[1:] for each in statistics_of(part, into)]
    return found


def through(
    layers: Sequence[Layer], parameters: Parameters, x: jax.Array, batches: list[tuple[jax.Array, jax.Array]]
) -> jax.Array:
    """What layers make of images with their channels last; `batches` gets the mean and variance at each normalisation."""
    for layer, own in zip(layers, parameters, strict=True):
        match layer:
            case ("conv", _, _, padding, stride, groups, _):
                around = [(padding,) * 2] * 2
                x = jax.lax.conv_general_dilated(
                    x, own[0], (stride,) * 2, around, dimension_numbers=LAYOUT, feature_group_count=groups
                )
                x = x + own[1] if len(own) > 1 else x
            case ("norm",):
                mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
                batches.append((mean, variance))
                x = (x - mean) * jax.lax.rsqrt(variance + 1e-5) * own[0] + own[1]
            case ("relu", limit):
                x = jax.nn.relu6(x) if limit else jax.nn.relu(x)
            case ("pool",):
                x = jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
            case ("mean",):
                x = x.mean((1, 2))
            case ("flat",):
                x = x.reshape(len(x), -1)
            case ("dense", _):
                x = x @ own[0] + own[1]
            case ("residual", inner, shortcut):
                x = through(inner, own[0], x, batches) + through(shortcut, own[1], x, batches)
    return x


def loss_of(net: str, parameters: Parameters, x: jax.Array, y: jax.Array) -> tuple[jax.Array, Any]:
    """The mean loss, and the means and variances of the batch."""
    batches: list[tuple[jax.Array, jax.Array]] = []
    x = through(NETS[net][1], parameters, x, batches)
    return -jnp.take_along_axis(jax.nn.log_softmax(x), y[:, None], 1).mean(), batches


def main(net: str, batch: int, seconds: float) -> None:
    """Train on random data."""
    keys = jax.random.split(jax.random.key(0), 3)
    shape, layers, _ = NETS[net]
    x = jax.random.normal(keys[0], (batch, *shape[1:], *shape[:1]))
    y = jax.random.randint(keys[1], (batch,), 0, 10)
    parameters = parameters_of(layers, shape, iter(jax.random.split(keys[2], 1000)))
    momenta, running = jax.tree.map(jnp.zeros_like, parameters), statistics_of(layers, shape)

    def update(parameters: Parameters, momenta: Parameters, running: Any, x: jax.Array, y: jax.Array) -> Any:
        (loss, batches), gradients = jax.value_and_grad(functools.partial(loss_of, net), has_aux=True)(parameters, x, y)
        momenta = jax.tree.map(lambda m, g: 0.9 * m + g, momenta, gradients)
        running = jax.tree.map(lambda r, b: 0.9 * r + 0.1 * b, running, batches)
        return jax.tree.map(lambda p, m: p - 0.01 * m, parameters, momenta), momenta, running, loss

    # a step a call: steps in a lax.scan ran seven times slower on a CPU
    compiled = jax.jit(update, donate_argnums=(0, 1, 2))

    def step() -> None:
        nonlocal parameters, momenta, running
        parameters, momenta, running, loss = compiled(parameters, momenta, running, x, y)
        float(loss)

    report(timed(step, seconds), f"JAX {jax.__version__}")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
