"""The layers of a stack with their names, and what is wrong with one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from netcli.errors import NetcliError
from netcli.layers.layer import Layer

#: What stands in front of the stack: the data, and its standardisation.
INPUT = "input"


@dataclass(frozen=True, eq=False)
class Placed:
    """A layer of the stack with its name and its line in the YAML. It is itself alone: settings need not be hashable."""

    layer: Layer
    name: str
    line: int | None = None


class StackError(NetcliError):
    """A layer that does not fit; `index` is its place in the stack, `setting` what to change in it, if it is one setting."""

    def __init__(self, message: str, index: int, setting: str | None, hint: str | None) -> None:
        super().__init__(message, hint=hint)
        self.index, self.setting = index, setting


def place(layers: Sequence[Layer], lines: Sequence[int | None] | None = None) -> list[Placed]:
    """Name the layers: their own names, or their type and a number. Raises StackError for a name that is used twice."""
    placed: list[Placed] = []
    counts: dict[str, int] = {}
    for index, item in enumerate(layers):
        counts[item.word] = counts.get(item.word, 0) + 1
        name = item.name or f"{item.word}{counts[item.word]}"
        if name == INPUT:
            raise StackError(f'a layer cannot be called "{INPUT}": that is the data', index, "name", "choose another name")
        taken = next((number for number, other in enumerate(placed) if other.name == name), None)
        if taken is not None:
            raise StackError(
                f'two layers are called "{name}": the layers {taken + 1} and {index + 1}', index, "name", "rename one"
            )
        placed.append(Placed(item, name, lines[index] if lines else None))
    return placed
