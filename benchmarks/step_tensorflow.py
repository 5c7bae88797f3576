"""Time a step of TensorFlow, a tf.function: `step_tensorflow.py NET BATCH SECONDS [xla]`."""

from __future__ import annotations

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # read when TensorFlow is imported

import tensorflow as tf
from nets import NETS
from timing import report, timed


def model_of(net: str) -> tf.keras.Model:
    """The network in Keras, images with their channels last: on a CPU TensorFlow has no other convolution."""
    shape, layers, _ = NETS[net]
    kinds = tf.keras.layers
    model = tf.keras.Sequential([tf.keras.Input((*shape[1:], *shape[:1]))])
    for layer in layers:
        match layer:
            case ("conv", filters, kernel, padding, stride):
                # with a stride, `same` may shift the padding by a pixel: the same work, and no layer of its own for padding
                model.add(kinds.Conv2D(filters, kernel, stride, padding="same" if padding else "valid"))
            case ("relu",):
                model.add(kinds.ReLU())
            case ("pool",):
                model.add(kinds.MaxPool2D())
            case ("flat",):
                model.add(kinds.Flatten())
            case ("dense", units):
                model.add(kinds.Dense(units))
    return model


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
