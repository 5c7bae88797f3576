"""Pairs of layers in layers, shown as deep as it pays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile

from netcli.analysis.diff.records import Change, LayerPair
from netcli.analysis.inspect.nesting import summed
from netcli.analysis.inspect.records import LayerRow


def closed(pairs: Sequence[LayerPair], depth: int | None) -> list[LayerPair]:
    """The pairs that are shown; what is in them and is not shown is added to them.

    With a depth those that stand in less than so many others, without one those in which all is the same are closed.
    """
    shown: list[LayerPair] = []
    place = 0
    while place < len(pairs):
        pair = pairs[place]
        inside = list(takewhile(lambda each: each.depth > pair.depth, pairs[place + 1 :]))  # noqa: B023 - it is used at once
        alike = all(each.change == "same" for each in (pair, *inside))
        closes = bool(inside) and (alike if depth is None else pair.depth + 1 >= depth)
        shown.append(_whole(pair, inside) if closes else pair)
        place += 1 + len(inside) * closes
    return shown


def _whole(pair: LayerPair, inside: Sequence[LayerPair]) -> LayerPair:
    """A pair with all that is in it."""
    befores, afters = [each.before for each in inside], [each.after for each in inside]
    return replace(pair, change=_change([pair, *inside]), before=_total(pair.before, befores), after=_total(pair.after, afters))


def _total(row: LayerRow | None, inside: Sequence[LayerRow | None]) -> LayerRow | None:
    return None if row is None else summed(row, [each for each in inside if each is not None])


def _change(pairs: Sequence[LayerPair]) -> Change:
    changes = {pair.change for pair in pairs}
    return "same" if changes == {"same"} else "follows" if changes <= {"same", "follows"} else "changed"
