"""The bound that tests/llvm/test_maths.py holds the formula to."""

from __future__ import annotations

from support.members import OpCase

CASE = OpCase(ulps=1.7)
