"""Every loss in every variant, and whole networks, with torch's own."""

from __future__ import annotations

from collections.abc import Callable

from layer_cases import batchnorm, conv, dropped, layernorm, maxpool
from torch_peer import Case, F, Peer, Tensor, Weights, torch


def labelled(
    prediction: Callable[[Tensor], Tensor], smoothing: float = 0.0, logits: Callable[[Tensor], Tensor] = lambda x: x
) -> Peer:
    """Cross-entropy with the labels, on logits."""
    return lambda w, x, y: {"prediction": prediction(x), "loss": F.cross_entropy(logits(x), y, label_smoothing=smoothing)}


def valued(loss: Callable[[Tensor, Tensor], Tensor], prediction: Callable[[Tensor], Tensor] = lambda x: x) -> Peer:
    """A loss of the input itself and values."""
    return lambda w, x, y: {"prediction": prediction(x), "loss": loss(x, y)}


def binary(prediction: Callable[[Tensor], Tensor], classes: int = 0) -> Peer:
    """Binary cross-entropy on logits: with values, with the labels of two classes, or with those of more."""
    encode = {0: lambda y: y, 2: lambda y: y[:, None].double()}.get(classes, lambda y: F.one_hot(y, classes).double())
    return lambda w, x, y: {"prediction": prediction(x), "loss": F.binary_cross_entropy_with_logits(x, encode(y))}


def sigmoid(x: Tensor) -> Tensor:
    """Of each number."""
    return torch.sigmoid(x)


def softmax(x: Tensor) -> Tensor:
    """Over the classes."""
    return F.softmax(x, 1)


def huber(delta: float) -> Callable[[Tensor, Tensor], Tensor]:
    """F.huber_loss with this delta."""
    return lambda x, y: F.huber_loss(x, y, delta=delta)


def one_hot(loss: Callable[[Tensor, Tensor], Tensor], classes: int) -> Peer:
    """A loss of values, on labels as zeros and a one."""
    return lambda w, x, y: {"prediction": x, "loss": loss(x, F.one_hot(y, classes).double())}


CROSS_ENTROPY = [
    case
    for smoothing, loss in [(0.0, "cross_entropy"), (0.15, "cross_entropy: {label_smoothing: 0.15}")]
    for case in [
        Case(f"[softmax, {loss}]", (6,), labelled(softmax, smoothing), classes=6),
        Case(f"[log_softmax, {loss}]", (6,), labelled(softmax, smoothing), classes=6),
        Case(f"[{loss}]", (6,), labelled(softmax, smoothing), classes=6),
        Case(f"[softmax, {loss}]", (6,), labelled(softmax, smoothing), classes=6, scale=1e4),
        Case(f"[log_softmax, {loss}]", (6,), labelled(softmax, smoothing), classes=6, scale=1e4),
        Case(f"[softmax, {loss}]", (2,), labelled(softmax, smoothing), classes=2, batch=1),
        Case(f"[softmax, reshape: [6, 1], flatten, {loss}]", (6,), labelled(softmax, smoothing), classes=6, scale=1e4),
        Case(f"[log_softmax, flatten, {loss}]", (6,), labelled(softmax, smoothing), classes=6),
        # what makes no probabilities of classes is taken for logits
        Case(f"[sigmoid, {loss}]", (6,), labelled(lambda x: softmax(sigmoid(x)), smoothing, sigmoid), classes=6),
    ]
]

BINARY = [
    Case("[binary_cross_entropy]", (3,), binary(torch.sigmoid), shares=True),
    Case("[sigmoid, binary_cross_entropy]", (3,), binary(torch.sigmoid), shares=True),
    Case("[sigmoid, binary_cross_entropy]", (3,), binary(torch.sigmoid), shares=True, scale=1e4),
    Case("[binary_cross_entropy]", (1,), binary(torch.sigmoid, classes=2), classes=2),
    Case("[sigmoid, binary_cross_entropy]", (1,), binary(torch.sigmoid, classes=2), classes=2, batch=1),
    Case("[sigmoid, binary_cross_entropy]", (4,), binary(torch.sigmoid, classes=4), classes=4),
    Case("[sigmoid, reshape: [3, 1], flatten, binary_cross_entropy]", (3,), binary(torch.sigmoid), shares=True, scale=1e4),
]

VALUES = [
    Case("[mse]", (3,), valued(F.mse_loss)),
    Case("[mse]", (2, 3, 4), valued(F.mse_loss), target=(2, 3, 4)),
    Case("[mse]", (1,), lambda w, x, y: {"prediction": x, "loss": F.mse_loss(x, y[:, None])}, target=()),
    Case("[mse]", (4,), one_hot(F.mse_loss, 4), classes=4),
    Case("[mae]", (3,), valued(F.l1_loss)),
    Case("[mae]", (3,), valued(F.l1_loss), ties=True, batch=20),
    Case("[mae]", (4,), one_hot(F.l1_loss, 4), classes=4),
    Case("[huber]", (3,), valued(huber(1.0)), batch=20),
    Case("[huber: 0.4]", (3,), valued(huber(0.4)), batch=1),
    Case("[huber: 2.0]", (3,), valued(huber(2.0)), ties=True, batch=20),
    Case("[huber]", (4,), one_hot(huber(1.0), 4), classes=4),
]

LENET = """[
  conv: {filters: 6, kernel: 5, padding: 2}, tanh, avgpool: 2, conv: {filters: 16, kernel: 5}, tanh, avgpool: 2, flatten,
  dense: 20, tanh, dense: 12, tanh, dense: 10, softmax, cross_entropy]"""


def lenet(w: Weights, x: Tensor, y: Tensor) -> dict[str, Tensor]:
    """LeNet-5 with narrower dense layers."""
    x = F.avg_pool2d(torch.tanh(F.conv2d(x, w["conv1/weight"], w["conv1/bias"], padding=2)), 2)
    x = F.avg_pool2d(torch.tanh(F.conv2d(x, w["conv2/weight"], w["conv2/bias"])), 2).flatten(1)
    for name in ("dense1", "dense2", "dense3"):
        x = F.linear(x if name == "dense1" else torch.tanh(x), w[f"{name}/weight"].T, w[f"{name}/bias"])
    return {"prediction": softmax(x), "loss": F.cross_entropy(x, y)}


MIXED = """[
  conv: {filters: 4, padding: same, bias: false}, batchnorm, relu, dropout: 0.2, conv: {filters: 8, stride: 2, groups: 2},
  layernorm, leaky_relu: 0.1, maxpool: {size: 2, stride: 1}, reshape: [8, -1], flatten, dropout: 0.4, dense: 5, gelu, dense: 3,
  log_softmax, cross_entropy: {label_smoothing: 0.1}]"""


def mixed(w: Weights, x: Tensor, y: Tensor, training: bool = True) -> dict[str, Tensor]:
    """Normalisations, two dropouts, a penalty on all weights."""
    x = batchnorm(training)(w, conv("same")(w, x))
    x = dropped(0.2)(w, F.relu(x)) if training else F.relu(x)
    x = F.conv2d(x, w["conv2/weight"], w["conv2/bias"], stride=2, groups=2)
    x = maxpool((2, 2), (1, 1))(w, F.leaky_relu(layernorm()(w, x), 0.1)).flatten(1)
    x = x * (w["random2"] >= 0.4) / 0.6 if training else x
    x = F.gelu(x @ w["dense1/weight"] + w["dense1/bias"]) @ w["dense2/weight"] + w["dense2/bias"]
    squares = sum((value**2).sum() for name, value in w.items() if name.endswith("weight"))
    return {"prediction": softmax(x), "loss": F.cross_entropy(x, y, label_smoothing=0.1) + 0.01 * squares}


NETWORKS = [
    Case(LENET, (1, 16, 16), lenet, classes=10, batch=8),
    Case(MIXED, (2, 8, 7), mixed, classes=3, weight_decay=0.02, batch=6),
    Case(
        MIXED, (2, 8, 7), lambda w, x, y: mixed(w, x, y, training=False), classes=3, weight_decay=0.02, batch=6, training=False
    ),
]

CASES = [*CROSS_ENTROPY, *BINARY, *VALUES, *NETWORKS]
