"""Shifted pictures; tests/layers/test_augmentation_layers.py looks at the pictures themselves."""

from __future__ import annotations

from support.kinds import Kind
from support.late import F, torch
from support.members import LayerCase, LayerVariant, Tensor, Weights
from support.peers import LayerPeer, unchanged

IMAGE = (4, 6, 5)


def cropped(rows: int, columns: int, mode: str) -> LayerPeer:
    """torchvision's RandomCrop with padding, at the place that netcli's random numbers say: 0 is farthest down or right."""

    def peer(w: Weights, x: Tensor) -> Tensor:
        larger = F.pad(x, (columns, columns, rows, rows), mode=mode)
        top, left = (2 * n - ((2 * n + 1) * w[f"random{i}"]).floor().long() for i, n in ((1, rows), (2, columns)))
        height, width = x.shape[2:]
        return torch.stack([image[:, i : i + height, j : j + width] for image, i, j in zip(larger, top, left, strict=True)])

    return peer


CASE = LayerCase(
    settings={
        "pixels": Kind((0, 2, [0, 1]), (-1, [0, -1], [1], [1, 2, 3], 1.5, "2", True, None, {"rows": 1})),
        "fill": Kind(("zero", "edge"), ("reflect", "", 0, None, False)),
    },
    needed={"pixels": 1},
    main=("pixels", [1, 2]),
    suits=None,
    variants=[
        LayerVariant("random_shift: [3, 2]", IMAGE, cropped(3, 2, "constant"), batch=40),
        LayerVariant("random_shift: {pixels: [3, 2], fill: edge}", IMAGE, cropped(3, 2, "replicate"), batch=40),
    ],
    parity=[LayerVariant("random_shift: 1", IMAGE, unchanged, training=False)],
)
