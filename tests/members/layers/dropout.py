"""Dropout; which values it drops is tested in tests/layers/test_dropout_layer.py."""

from __future__ import annotations

from support.kinds import SHARE
from support.members import LayerCase, LayerVariant
from support.peers import dropped, unchanged

CASE = LayerCase(
    settings={"rate": SHARE},
    main=("rate", 0.1),
    suits=None,
    variants=[
        LayerVariant("dropout", (4, 6, 5), dropped(0.5)),
        LayerVariant("dropout: 0.3", (6,), dropped(0.3)),
        LayerVariant("dropout: 0.0", (6,), unchanged),
    ],
    parity=[LayerVariant("dropout: 0.3", (6,), unchanged, training=False)],
)
