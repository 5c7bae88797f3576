"""The activation tanh."""

from __future__ import annotations

from support.late import torch
from support.members import LayerCase
from support.peers import activation

CASE = LayerCase(suits="glorot", **activation("tanh", lambda x: torch.tanh(x)))
