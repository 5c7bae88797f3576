"""The disk is quick here."""

from support.disk import quick_disk

__all__ = ["quick_disk"]
