"""The bound that tests/llvm/test_maths.py holds the formula to; near zero it is twice ε."""

from __future__ import annotations

from support.members import OpCase

CASE = OpCase(ulps=4.5)
