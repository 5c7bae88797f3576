"""Cross-entropy with labels, on logits: behind softmax, log_softmax or neither."""

from __future__ import annotations

from collections.abc import Callable

from support.kinds import SHARE
from support.late import F, torch
from support.members import LayerCase, NetworkVariant, Tensor
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


SMOOTHED = "cross_entropy: {label_smoothing: 0.15}"
CASE = LayerCase(
    settings={"label_smoothing": SHARE},
    suits="glorot",
    variants=[
        NetworkVariant("cross_entropy", (6,), labelled(), classes=6),
        NetworkVariant("softmax, cross_entropy", (6,), labelled(), classes=6),
        NetworkVariant(f"log_softmax, {SMOOTHED}", (6,), labelled(smoothing=0.15), classes=6),
    ],
    parity=[
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
