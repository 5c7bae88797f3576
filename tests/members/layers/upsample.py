"""Images enlarged by whole factors."""

from __future__ import annotations

from support.kinds import PAIR, Kind
from support.late import F
from support.members import LayerCase, LayerVariant
from support.peers import LayerPeer

IMAGE = (2, 3, 4)


def upsampled(factor: tuple[int, int] = (2, 2), mode: str = "nearest") -> LayerPeer:
    """F.interpolate; corners of pixels are not aligned."""
    aligned = None if mode == "nearest" else False
    return lambda w, x: F.interpolate(x, scale_factor=list(map(float, factor)), mode=mode, align_corners=aligned)


CASE = LayerCase(
    settings={"factor": PAIR, "mode": Kind(("nearest", "bilinear"), ("cubic", "", 2, True, None))},
    main=("factor", 3),
    suits=None,
    variants=[
        LayerVariant("upsample", IMAGE, upsampled()),
        LayerVariant("upsample: {mode: bilinear}", IMAGE, upsampled(mode="bilinear")),
        LayerVariant("upsample: {factor: [1, 3], mode: bilinear}", IMAGE, upsampled((1, 3), "bilinear")),
    ],
    parity=[
        LayerVariant("upsample: [3, 1]", IMAGE, upsampled((3, 1))),
        LayerVariant("upsample: 1", IMAGE, upsampled((1, 1))),
        LayerVariant("upsample: {factor: [4, 3], mode: bilinear}", (2, 5, 2), upsampled((4, 3), "bilinear")),
        LayerVariant("upsample: {factor: 3, mode: bilinear}", (1, 1, 1), upsampled((3, 3), "bilinear")),
    ],
)
