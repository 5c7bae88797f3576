"""Long stacks made short: runs of equal blocks of layers are shown once, layers with others in them are closed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from netcli.analysis.inspect.mirror import Section
from netcli.analysis.inspect.nesting import summed
from netcli.analysis.inspect.records import LayerRow

#: Every row; a row a layer; or as much of it as is not too long.
Detail = Literal["auto", "full", "layers"]

#: Rows of a picture after which "auto" folds it: equal blocks first, then layers, then layers in layers.
LONG = 120

#: Blocks of more layers than this are not looked for.
_LONGEST_BLOCK = 12
#: Fewer repetitions than this are written out; a block with layers in it is long enough to be shown once of two times.
_FEWEST, _FEWEST_NESTS = 3, 2


@dataclass(frozen=True, eq=False)
class Shown:
    """A layer with what is shown of the layers in it; of one that is `closed`, nothing but that it is there."""

    section: Section
    inside: tuple[Shown | Repeat, ...] = ()
    closed: bool = False

    @property
    def layer(self) -> LayerRow:
        """Its row; a closed one has the numbers of all that is in it."""
        own = self.section.layer
        return summed(own, [each.layer for each in self.section.walk() if each is not self.section]) if self.closed else own

    @property
    def sections(self) -> list[Section]:
        """The layers that its own box or line stands for."""
        return list(self.section.walk()) if self.closed else [self.section]


@dataclass(frozen=True, eq=False)
class Repeat:
    """`times` blocks like the `layers` layers just before, down to the layer `last`: the sections that are not shown."""

    times: int
    layers: int
    last: str
    hidden: tuple[Shown, ...]

    @property
    def sections(self) -> tuple[Section, ...]:
        """All that is not shown."""
        return tuple(section for each in self.hidden for section in each.section.walk())

    @property
    def text(self) -> str:
        """In words."""
        block = "this layer" if self.layers == 1 else f"these {self.layers} layers"
        times = "once" if self.times == 1 else f"{self.times} times"
        return f"{block} {times} more, to {self.last}"


@dataclass(frozen=True, eq=False)
class Choice:
    """What of the sections is shown, and whether each layer is one row."""

    items: tuple[Shown | Repeat, ...]
    layers_only: bool


def choose(
    trees: Sequence[Section],
    detail: Detail,
    rows: Callable[[Sequence[Shown | Repeat], bool], int],
    depth: int | None = None,
) -> Choice:
    """What a picture of that detail shows, where `rows` tells how long it would be, as a whole or with a row a layer.

    Layers that stand in `depth` others or more are left out; without a depth, where the picture is too long with them.
    """
    for choice in _choices(trees, detail, depth):
        if detail == "full" or rows(choice.items, choice.layers_only) <= LONG:
            break
    return choice


def _choices(trees: Sequence[Section], detail: Detail, depth: int | None) -> Iterator[Choice]:
    """The ways to show them, from the longest to the shortest."""
    deepest = 1 + max(section.layer.depth for tree in trees for section in tree.walk())
    whole = opened(trees, deepest if depth is None else depth)
    if detail != "layers":
        yield Choice(tuple(whole), layers_only=False)
        yield Choice(tuple(without_repeats(whole)), layers_only=False)
    for level in range(deepest, 0, -1) if depth is None else [depth]:
        yield Choice(tuple(without_repeats(opened(trees, level))), layers_only=True)


def opened(trees: Sequence[Section], depth: int) -> list[Shown]:
    """Every layer; those that stand in less than `depth` others as layers of their own."""
    return [
        Shown(tree, tuple(opened(tree.inside, depth)) if not closed else (), closed)
        for tree in trees
        for closed in [bool(tree.inside) and tree.layer.depth + 1 >= depth]
    ]


def without_repeats(items: Sequence[Shown]) -> list[Shown | Repeat]:
    """The layers; of blocks that follow each other and are alike, the first, and how many follow. Also of those in layers."""
    kinds = [_kind(item.section) for item in items]
    nests = [bool(item.section.inside) for item in items]
    found: list[Shown | Repeat] = []
    place = 0
    while place < len(items):
        length, times = _block(kinds, nests, place)
        if times > 1 and any(
            _covers(_block(kinds, nests, later), length * times) for later in range(place + 1, place + length)
        ):
            length, times = 1, 1  # bn relu conv bn relu conv bn relu: the blocks are conv bn relu
        found += [_folded(item) for item in items[place : place + length]]
        place += length * times
        if times > 1:
            hidden = tuple(items[place - (times - 1) * length : place])
            found.append(Repeat(times - 1, length, hidden[-1].section.name, hidden))
    return found


def _folded(item: Shown) -> Shown:
    inside = [each for each in item.inside if isinstance(each, Shown)]
    return Shown(item.section, tuple(without_repeats(inside)), item.closed)


def _covers(block: tuple[int, int], layers: int) -> bool:
    return block[0] * block[1] >= layers


def _kind(section: Section) -> object:
    """What makes two layers alike: type, shapes, operations, and the layers in them."""
    layer = section.layer
    operations = tuple((entry.role, type(entry.nodes[0].op), entry.type.shape) for entry in section.entries)
    inside = tuple(map(_kind, section.inside))
    return layer.type, layer.output_shape, layer.parameters, operations, section.track, inside


def _block(kinds: Sequence[object], nests: Sequence[bool], place: int) -> tuple[int, int]:
    """The block that begins here and covers most with its repetitions: its length, and how often it stands there."""
    best = (1, 1)
    for length in range(1, min(_LONGEST_BLOCK, len(kinds) - place) + 1):
        block, times = kinds[place : place + length], 1
        while kinds[place + times * length : place + (times + 1) * length] == block:
            times += 1
        fewest = _FEWEST_NESTS if any(nests[place : place + length]) else _FEWEST
        if times >= fewest and length * times > best[0] * best[1]:
            best = (length, times)
    return best
