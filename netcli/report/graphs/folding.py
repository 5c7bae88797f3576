"""Long stacks made short: runs of equal blocks of layers are shown once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from netcli.analysis.inspect.mirror import Section

#: Every row; a row a layer; or as much of it as is not too long.
Detail = Literal["auto", "full", "layers"]

#: Rows of a picture after which "auto" folds it: equal blocks first, then layers.
LONG = 120

#: Blocks of more layers than this are not looked for, and fewer repetitions than this are written out.
_LONGEST_BLOCK, _FEWEST = 12, 3


@dataclass(frozen=True, eq=False)
class Repeat:
    """`times` blocks like the `layers` layers just before, down to the layer `last`: the `sections` that are not shown."""

    times: int
    layers: int
    last: str
    sections: tuple[Section, ...]

    @property
    def text(self) -> str:
        """In words."""
        block = "this layer" if self.layers == 1 else f"these {self.layers} layers"
        return f"{block} {self.times} times more, to {self.last}"


@dataclass(frozen=True, eq=False)
class Choice:
    """What of the sections is shown, and whether each layer is one row."""

    items: tuple[Section | Repeat, ...]
    layers_only: bool


def choose(sections: Sequence[Section], detail: Detail, rows: Callable[[Sequence[Section | Repeat]], int]) -> Choice:
    """What a picture of that detail shows, where `rows` tells how long it would be."""
    if detail == "full" or (detail == "auto" and rows(sections) <= LONG):
        return Choice(tuple(sections), layers_only=False)
    folded = without_repeats(sections)
    return Choice(tuple(folded), layers_only=detail == "layers" or rows(folded) > LONG)


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
            hidden = tuple(sections[place - (times - 1) * length : place])
            found.append(Repeat(times - 1, length, hidden[-1].layer.name, hidden))
    return found


def _covers(block: tuple[int, int], layers: int) -> bool:
    return block[0] * block[1] >= layers


def _kind(section: Section) -> object:
    """What makes two layers alike: type, shapes, operations."""
    layer = section.layer
    operations = tuple((entry.role, type(entry.nodes[0].op), entry.type.shape) for entry in section.entries)
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
