"""Time a step of JAX, compiled by jit: `step_jax.py NET BATCH SECONDS`."""

from __future__ import annotations

import functools
import sys

import jax
import jax.numpy as jnp
from nets import NETS, sized
from timing import report, timed

LAYOUT = ("NHWC", "HWIO", "NHWC")  # XLA's quicker one on a CPU
Parameters = list[tuple[jax.Array, jax.Array]]


def parameters_of(net: str, key: jax.Array) -> Parameters:
    """Weights and biases of the layers that have them."""
    parameters = []
    for layer, into in sized(net):
        match layer:
            case ("conv", outputs, kernel, _, _):
                shape = (kernel, kernel, into, outputs)
            case ("dense", outputs):
                shape = (into, outputs)
            case _:
                continue
        key, own = jax.random.split(key)
        parameters.append((0.05 * jax.random.normal(own, shape), jnp.zeros(outputs)))
    return parameters


def loss_of(net: str, parameters: Parameters, x: jax.Array, y: jax.Array) -> jax.Array:
    """The mean loss; images have their channels last."""
    rest = iter(parameters)
    for layer in NETS[net][1]:
        match layer:
            case ("conv", _, _, padding, stride):
                weight, bias = next(rest)
                around = [(padding,) * 2] * 2
                x = jax.lax.conv_general_dilated(x, weight, (stride,) * 2, around, dimension_numbers=LAYOUT) + bias
            case ("relu",):
                x = jax.nn.relu(x)
            case ("pool",):
                x = jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
            case ("flat",):
                x = x.reshape(len(x), -1)
            case ("dense", _):
                weight, bias = next(rest)
                x = x @ weight + bias
    return -jnp.take_along_axis(jax.nn.log_softmax(x), y[:, None], 1).mean()


def main(net: str, batch: int, seconds: float) -> None:
    """Train on random data."""
    keys = jax.random.split(jax.random.key(0), 3)
    shape = NETS[net][0]
    x = jax.random.normal(keys[0], (batch, *shape[1:], *shape[:1]))
    y = jax.random.randint(keys[1], (batch,), 0, 10)
    parameters = parameters_of(net, keys[2])
    momenta = jax.tree.map(jnp.zeros_like, parameters)

    def update(
        parameters: Parameters, momenta: Parameters, x: jax.Array, y: jax.Array
    ) -> tuple[Parameters, Parameters, jax.Array]:
        loss, gradients = jax.value_and_grad(functools.partial(loss_of, net))(parameters, x, y)
        momenta = jax.tree.map(lambda m, g: 0.9 * m + g, momenta, gradients)
        return jax.tree.map(lambda p, m: p - 0.01 * m, parameters, momenta), momenta, loss

    # a step a call: steps in a lax.scan ran seven times slower on a CPU
    compiled = jax.jit(update, donate_argnums=(0, 1))

    def step() -> None:
        nonlocal parameters, momenta
        parameters, momenta, loss = compiled(parameters, momenta, x, y)
        float(loss)

    report(timed(step, seconds), f"JAX {jax.__version__}")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
