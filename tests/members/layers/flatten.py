"""All of an example in a row."""

from __future__ import annotations

from support.members import LayerCase, LayerVariant

CASE = LayerCase(suits=None, variants=[LayerVariant("flatten", (4, 6, 5), lambda w, x: x.flatten(1))])
