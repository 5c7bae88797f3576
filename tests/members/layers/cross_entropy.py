"""Cross-entropy with labels, on logits: behind softmax, log_softmax or neither."""

from __future__ import annotations

from collections.abc import Callable

from support.kinds import SHARE
from support.late import F, torch
from support.members import LayerCase, NetworkVariant, Tensor, Weights
from support.peers import Peer, softmax


def sigmoid(x: Tensor) -> Tensor:
    """Of each number."""
    return torch.sigmoid(x)


def labelled(
    prediction: Callable[[Tensor], Tensor] = softmax,
    smoothing: float = 0.0,
    logits: Callable[[Tensor], Tensor] = lambda x: x,
) -> Peer:
    """F.cross_entropy of logits."""
    return lambda w, x, y: {"prediction": prediction(x), "loss": F.cross_entropy(logits(x), y, label_smoothing=smoothing)}


def pixelwise(smoothing: float = 0.0) -> Peer:
    """F.cross_entropy of a convolution of 1 × 1, which takes classes in the channels."""

    def peer(w: Weights, x: Tensor, y: Tensor) -> dict[str, Tensor]:
        z = F.conv2d(x, w["conv1/weight"], w["conv1/bias"])
        return {"prediction": softmax(z), "loss": F.cross_entropy(z, y, label_smoothing=smoothing)}

    return peer


SMOOTHED = "cross_entropy: {label_smoothing: 0.15}"
CASE = LayerCase(
    settings={"label_smoothing": SHARE},
    suits="glorot",
    variants=[
        NetworkVariant("cross_entropy", (6,), labelled(), classes=6),
        NetworkVariant("softmax, cross_entropy", (6,), labelled(), classes=6),
        NetworkVariant(f"log_softmax, {SMOOTHED}", (6,), labelled(smoothing=0.15), classes=6),
        NetworkVariant("conv: {filters: 3, kernel: 1}, cross_entropy", (2, 3, 4), pixelwise(), classes=3, pixels=(3, 4)),
    ],
    parity=[
        NetworkVariant(f"conv: {{filters: 5, kernel: 1}}, {SMOOTHED}", (2, 3, 4), pixelwise(0.15), classes=5, pixels=(3, 4)),
        NetworkVariant("conv: {filters: 2, kernel: 1}, cross_entropy", (2, 1, 1), pixelwise(), classes=2, pixels=(1, 1)),
    ]
    + [
        variant
        for smoothing, loss in [(0.0, "cross_entropy"), (0.15, SMOOTHED)]
        for variant in [
            NetworkVariant(f"softmax, {loss}", (6,), labelled(softmax, smoothing), classes=6, scale=1e4),
            NetworkVariant(f"log_softmax, {loss}", (6,), labelled(softmax, smoothing), classes=6, scale=1e4),
            NetworkVariant(f"softmax, {loss}", (2,), labelled(softmax, smoothing), classes=2, batch=1),
            NetworkVariant(f"log_softmax, {loss}", (5,), labelled(softmax, smoothing), classes=5),
            NetworkVariant(f"softmax, {loss}", (5,), labelled(softmax, smoothing), classes=5),
            NetworkVariant(loss, (3,), labelled(softmax, smoothing), classes=3),
            NetworkVariant(
                f"softmax, reshape: [6, 1], flatten, {loss}", (6,), labelled(softmax, smoothing), classes=6, scale=1e4
            ),
            NetworkVariant(f"log_softmax, flatten, {loss}", (6,), labelled(softmax, smoothing), classes=6),
            # what makes no probabilities of classes is taken for logits
            NetworkVariant(f"sigmoid, {loss}", (6,), labelled(lambda x: softmax(sigmoid(x)), smoothing, sigmoid), classes=6),
        ]
    ],
)
