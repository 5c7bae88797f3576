"""Flipped pictures; tests/layers/test_augmentation_layers.py looks at the pictures themselves."""

from __future__ import annotations

from support.kinds import FRACTION, Kind
from support.late import torch
from support.members import LayerCase, LayerVariant, Tensor, Weights
from support.peers import LayerPeer, unchanged

IMAGE = (4, 6, 5)


def flipped(probability: float, *dims: int) -> LayerPeer:
    """torch.flip along each dimension, where netcli's random numbers say so."""

    def peer(w: Weights, x: Tensor) -> Tensor:
        for number, dim in enumerate(dims, start=1):
            x = torch.where(w[f"random{number}"] < probability, x.flip(dim), x)
        return x

    return peer


CASE = LayerCase(
    settings={
        "direction": Kind(("horizontal", "vertical", "both"), ("left", "", 1, True, None, ["both"])),
        "probability": FRACTION,
    },
    main=("direction", "both"),
    suits=None,
    variants=[
        LayerVariant("random_flip", IMAGE, flipped(0.5, 3), batch=9),
        LayerVariant("random_flip: {direction: both, probability: 0.3}", IMAGE, flipped(0.3, 3, 2), batch=9),
    ],
    parity=[
        LayerVariant("random_flip: {direction: vertical, probability: 0.7}", IMAGE, flipped(0.7, 2), batch=9),
        LayerVariant("random_flip", IMAGE, unchanged, training=False),
    ],
)
