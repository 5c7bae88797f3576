"""Layers and losses in torch that several members' files compare with."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from support.late import F, torch
from support.members import LayerVariant, Tensor, Weights

LayerPeer = Callable[[Weights, Tensor], Tensor]
Peer = Callable[[Weights, Tensor, Tensor], dict[str, Tensor]]
Pair = tuple[int, int]


def sides(padding: str | Pair, image: Pair, size: Pair, stride: Pair, dilation: Pair = (1, 1)) -> tuple[int, int, int, int]:
    """Left, right, top, bottom, as F.pad wants them. `same` as TensorFlow's documentation has it: so much that ⌈n / stride⌉
    come out, which is effective size - stride, or - n mod stride where that is not 0; the odd one at the end."""
    if padding == "valid":
        return 0, 0, 0, 0
    if padding != "same":
        return padding[1], padding[1], padding[0], padding[0]
    reach = [(k - 1) * d + 1 for k, d in zip(size, dilation, strict=True)]
    rows, columns = (max(k - (n % s or s), 0) for k, n, s in zip(reach, image, stride, strict=True))
    return columns // 2, columns - columns // 2, rows // 2, rows - rows // 2


def function(f: Callable[[Tensor], Tensor]) -> LayerPeer:
    """A function of the input alone."""
    return lambda w, x: f(x)


def unchanged(w: Weights, x: Tensor) -> Tensor:
    """The input as it is."""
    return x


def dropped(rate: float, number: int = 1) -> LayerPeer:
    """Dropout with the mask of netcli's random numbers, those of the network's random operation `number`."""
    return lambda w, x: x * (w[f"random{number}"] >= rate) / (1 - rate)


def softmax(x: Tensor) -> Tensor:
    """Over the classes."""
    return F.softmax(x, 1)


def valued(loss: Callable[[Tensor, Tensor], Tensor], prediction: Callable[[Tensor], Tensor] = lambda x: x) -> Peer:
    """A loss of the input itself and values."""
    return lambda w, x, y: {"prediction": prediction(x), "loss": loss(x, y)}


def rebuilt(loss: Callable[[Tensor, Tensor], Tensor]) -> Peer:
    """tanh, and a loss of that and the input."""
    return lambda w, x, y: {"prediction": torch.tanh(x), "loss": loss(torch.tanh(x), x)}


def pixels(loss: Callable[[Tensor, Tensor], Tensor], classes: int) -> Peer:
    """A convolution of 1 × 1, and a loss of it and the labels of pixels as zeros and a one."""

    def peer(w: Weights, x: Tensor, y: Tensor) -> dict[str, Tensor]:
        z = F.conv2d(x, w["conv1/weight"], w["conv1/bias"])
        return {"prediction": z, "loss": loss(z, F.one_hot(y, classes).permute(0, 3, 1, 2).double())}

    return peer


def one_hot(loss: Callable[[Tensor, Tensor], Tensor], classes: int) -> Peer:
    """A loss of values, on labels as zeros and a one."""
    return lambda w, x, y: {"prediction": x, "loss": loss(x, F.one_hot(y, classes).double())}


def activation(
    word: str, f: Callable[[Tensor], Tensor], others: Mapping[str, Callable[[Tensor], Tensor]] | None = None
) -> dict[str, list[LayerVariant]]:
    """The variants of a function of each element, and of its `others` with settings: vectors, images, exact zeros."""
    texts = {word: f, **(others or {})}
    return {
        "variants": [LayerVariant(text, (7,), function(g)) for text, g in texts.items()],
        "parity": [
            variant
            for text, g in texts.items()
            for variant in (
                LayerVariant(text, (2, 3, 4), function(g), scale=6.0),
                LayerVariant(text, (7,), function(g), ties=True),
                LayerVariant(text, (7,), function(g), scale=1e4),
            )
        ],
    }
