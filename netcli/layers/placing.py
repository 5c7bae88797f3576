"""A layer in its place: its name, which is a path through the stacks around it, and where it is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from netcli.errors import NetcliError, Place
from netcli.layers.layer import Layer, Unresolved

#: What stands in front of the stack: the data, and its standardisation.
INPUT = "input"


@dataclass(frozen=True)
class Written:
    """Where a layer is written: the keys and indices that lead to it in the config, and its line."""

    loc: tuple[str | int, ...] = ()
    line: int | None = None


@dataclass(frozen=True, eq=False)
class Placed:
    """A layer with its name, a path such as stage1/2/residual1/conv1. It is itself alone: settings need not be hashable."""

    layer: Layer
    name: str
    written: Written = Written()
    depth: int = 0
    """How many layers it stands in."""

    @property
    def line(self) -> int | None:
        """Its line in the YAML."""
        return self.written.line


class StackError(NetcliError):
    """A layer that does not fit: where it is written, `setting` is what to change in it, if it is one setting; or its `place`.

    `uses` are the places, from the inside out, in which a block was used that it stands in, each with words on how.
    """

    def __init__(
        self, message: str, written: Written, setting: str | None, hint: str | None, place: Place | None = None
    ) -> None:
        super().__init__(message, place=place, hint=hint)
        self.written, self.setting = written, setting
        self.uses: list[str] = []


def local_names(stack: Sequence[Layer]) -> list[str]:
    """The names of a stack's layers within it: their own, or their type and a number."""
    names: list[str] = []
    counts: dict[str, int] = {}
    for layer in stack:
        word = layer.kind.word if isinstance(layer, Unresolved) else layer.word
        counts[word] = counts.get(word, 0) + 1
        names.append(layer.name or f"{word}{counts[word]}")
    return names
