"""Stacks side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from netcli.graph import Node
from netcli.layers.building import Building
from netcli.layers.joining import added, concatenated, multiplied
from netcli.layers.layer import Layer, LayerName, Stack

Join = Literal["concat", "add", "multiply"]

_JOINS: Mapping[Join, Callable[[str, Mapping[str, Node]], Node]] = {
    "concat": concatenated,
    "add": added,
    "multiply": multiplied,
}


def _one_name(path: dict[str, Stack]) -> dict[str, Stack]:
    if len(path) != 1:
        raise PydanticCustomError(
            "path_form", 'expected one name with its layers, found {count}; put "- " before each name', {"count": len(path)}
        )
    return path


def _names_once(paths: list[dict[str, Stack]]) -> list[dict[str, Stack]]:
    names = [name for path in paths for name in path]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise PydanticCustomError("path_twice", 'two paths are called "{name}": rename one', {"name": twice})
    return paths


_SEVERAL = Field(min_length=2, examples=[[{"wide": [{"dense": 8}]}, {"same": []}]])


class Branch(Layer):
    """Branches: stacks side by side on x, joined in the order of the list: y = [first(x), second(x), …].

    The list has a name for each stack, as in branch: [wide: [conv: 8], same: []]; an empty stack is x itself. (It is a list,
    since tools that sort the keys of a mapping would change the network.)
    """

    word = "branch"
    main = "paths"

    paths: Annotated[
        list[Annotated[dict[LayerName, Stack], AfterValidator(_one_name)]],
        Field(min_length=2, examples=[[{"wide": [{"dense": 8}]}, {"same": []}]]),
        AfterValidator(_names_once),
    ]
    """The stacks, each with a name."""

    join: Join = "concat"
    """What is made of their outputs: concat puts their channels side by side; add and multiply take values of one shape, and
    multiply also images and one value per channel of them."""

    @model_validator(mode="before")
    @classmethod
    def _no_mapping(cls, value: Any) -> Any:
        """Names as keys of a mapping would be the natural mistake."""
        if isinstance(value, dict) and value and not set(value) & set(cls.model_fields):
            raise PydanticCustomError(
                "branch_form",
                "the paths of a branch are a list, since their order matters: branch: [{first}: […], …]",
                {"first": str(next(iter(value)))},
            )
        return value

    @property
    def stacks(self) -> Sequence[Sequence[Layer]]:
        """In the order of the list."""
        return [stack for path in self.paths for stack in path.values()]

    def build(self, building: Building, x: Node) -> Node:
        """Any shape that the stacks take."""
        outputs = {name: building.fold(stack, x, name) for path in self.paths for name, stack in path.items()}
        return _JOINS[self.join](self.word, outputs)
