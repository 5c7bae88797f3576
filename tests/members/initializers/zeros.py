"""Zeros."""

from __future__ import annotations

from support.members import Distribution, InitializerCase

CASE = InitializerCase(distributions={"zeros": Distribution(0.0, 0.0)})
