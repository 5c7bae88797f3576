"""Time a step of TensorFlow, a tf.function: `step_tensorflow.py NET BATCH SECONDS [xla]`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # read when TensorFlow is imported

import tensorflow as tf
from nets import NETS, Layer
from timing import report, timed


def model_of(net: str) -> tf.keras.Model:
    """The network in Keras, images with their channels last: on a CPU TensorFlow has no other convolution."""
    shape, layers, _ = NETS[net]
    x = tf.keras.Input((*shape[1:], *shape[:1]))
    return tf.keras.Model(x, _through(layers, x))


def _through(layers: Sequence[Layer], x: tf.Tensor) -> tf.Tensor:
    """What layers make of a value."""
    for layer in layers:
        x = _of(layer)(x) if layer[0] != "residual" else tf.keras.layers.Add()([_through(part, x) for part in layer[1:]])
    return x


def _of(layer: Layer) -> tf.keras.layers.Layer:
    kinds = tf.keras.layers
    match layer:
        case ("conv", filters, kernel, padding, stride, groups, bias):
            # with a stride, `same` may shift the padding by a pixel: the same work, and no layer of its own for padding
            same = "same" if padding else "valid"
            if groups == filters > 1:
                return kinds.DepthwiseConv2D(kernel, stride, padding=same, use_bias=bias)
            return kinds.Conv2D(filters, kernel, stride, padding=same, groups=groups, use_bias=bias)
        case ("norm",):
            return kinds.BatchNormalization(momentum=0.9, epsilon=1e-5)
        case ("relu", limit):
            return kinds.ReLU(limit or None)
        case ("pool",):
            return kinds.MaxPool2D()
        case ("mean",):
            return kinds.GlobalAveragePooling2D()
        case ("flat",):
            return kinds.Flatten()
    return kinds.Dense(layer[1])


def main(net: str, batch: int, seconds: float, options: set[str]) -> None:
    """Train on random data."""
    model = model_of(net)
    x = tf.random.normal((batch, *model.input_shape[1:]))
    y = tf.random.uniform((batch,), 0, 10, tf.int32)
    optimizer = tf.keras.optimizers.SGD(0.01, momentum=0.9)
    criterion = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    @tf.function(jit_compile="xla" in options)
    def update(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = criterion(y, model(x, training=True))
        weights = model.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
        return loss

    report(timed(lambda: float(update(x, y)), seconds), f"TensorFlow {tf.__version__}, Keras {tf.keras.__version__}")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), set(sys.argv[4:]))
