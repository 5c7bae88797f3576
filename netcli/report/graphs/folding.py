"""Long stacks made short: runs of equal blocks of layers are shown once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from netcli.report.graphs.mirror import Section

#: Blocks of more layers than this are not looked for, and fewer repetitions than this are written out.
_LONGEST_BLOCK, _FEWEST = 12, 3


@dataclass(frozen=True, eq=False)
class Repeat:
    """`times` blocks like the `layers` layers just before, down to the layer `last`."""

    times: int
    layers: int
    last: str


def without_repeats(sections: Sequence[Section]) -> list[Section | Repeat]:
    """The sections; of blocks that follow each other and are alike, the first, and how many follow."""
    kinds = [_kind(section) for section in sections]
    found: list[Section | Repeat] = []
    place = 0
    while place < len(sections):
        length, times = _block(kinds, place)
        if times > 1 and any(_covers(_block(kinds, later), length * times) for later in range(place + 1, place + length)):
            length, times = 1, 1  # bn relu conv bn relu conv bn relu: the blocks are conv bn relu
        found += sections[place : place + length]
        place += length * times
        if times > 1:
            found.append(Repeat(times - 1, length, sections[place - 1].layer.name))
    return found


def _covers(block: tuple[int, int], layers: int) -> bool:
    return block[0] * block[1] >= layers


def _kind(section: Section) -> object:
    """What makes two layers alike: type, shapes, operations."""
    layer = section.layer
    operations = tuple((entry.role, entry.nodes[0].op.name, entry.type.shape) for entry in section.entries)
    return layer.type, layer.output_shape, layer.parameters, operations


def _block(kinds: Sequence[object], place: int) -> tuple[int, int]:
    """The block that begins here and covers most with its repetitions: its length, and how often it stands there."""
    best = (1, 1)
    for length in range(1, min(_LONGEST_BLOCK, len(kinds) - place) + 1):
        block, times = kinds[place : place + length], 1
        while kinds[place + times * length : place + (times + 1) * length] == block:
            times += 1
        if times >= _FEWEST and length * times > best[0] * best[1]:
            best = (length, times)
    return best
