"""The activation sigmoid."""

from __future__ import annotations

from support.late import torch
from support.members import LayerCase
from support.peers import activation

from netcli.layers.outputs import Form

CASE = LayerCase(suits="glorot", gives=Form.PROBABILITIES, **activation("sigmoid", lambda x: torch.sigmoid(x)))
