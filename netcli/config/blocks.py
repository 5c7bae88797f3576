"""Blocks: layer types that a config makes of its own layers, with settings.

    blocks:
      basic:
        settings: {filters: required, stride: 1}
        layers:
          - conv: {filters: $filters, stride: $stride, padding: 1}
          - batchnorm

A block is a layer like any other: `basic: 16`, `basic: {filters: 16, stride: 2}`. Its body is looked through when the config is
read, with stand-ins for what is not known yet; what depends on shapes is found when it is used. It sees no names of layers from
outside, and lets none out.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from pydantic import Field, create_model

from netcli.config.bodies import CHANNELS, REQUIRED, Body
from netcli.config.located import Loc, Located
from netcli.errors import ConfigError, Place, Problem
from netcli.graph import Node
from netcli.layers.building import Building
from netcli.layers.layer import LAYERS, Layer

#: Where blocks stand in a config.
BLOCKS: Loc = ("model", "blocks")
_WORD = re.compile(r"[A-Za-z]([A-Za-z0-9_]*[A-Za-z_])?")
_SETTING = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


class BlockLayer(Layer):
    """What the layer types of blocks have in common; each has its own `body`, and the settings as fields."""

    body: ClassVar[Body]

    @property
    def stacks(self) -> Sequence[Sequence[Layer]]:
        """Its layers, with the settings that it is used with."""
        return (self.body.layers(self._given()),)

    @property
    def use(self) -> str:
        """Such as: with filters: 16, stride: 2."""
        settings = ", ".join(f"{name}: {_shown(value)}" for name, value in self._given().items())
        return f"with {settings}" if settings else "without settings"

    def build(self, building: Building, x: Node) -> Node:
        """Whatever its layers take."""
        (stack,) = self.stacks
        return building.fold(stack, x, sealed=True)

    def _given(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.body.settings}


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def blocks_of(located: Located, written: dict[int, Any], others: Mapping[str, type[Layer]]) -> dict[str, type[Layer]]:
    """The layer types of the blocks in a config, by their words; `others` are those of plugins.

    Where each layer of a body is written is put into `written` as it is made. What is no mapping of blocks is left for the
    models to refuse. Raises ConfigError: names that cannot be, or what is wrong in a body, whether it is used or not.
    """
    found = located.data.get("model", {}).get("blocks") if isinstance(located.data.get("model"), dict) else None
    if not isinstance(found, dict):
        return {}
    found = {word: block for word, block in found.items() if isinstance(block, dict) and isinstance(block.get("layers"), list)}
    problems = [problem for word, block in found.items() for problem in _wrong_names(word, block, located, others)]
    if problems:
        raise ConfigError(problems)
    bodies = {word: Body((*BLOCKS, word), _settings(block), located, written) for word, block in found.items()}
    made = {word: _layer_type(word, body) for word, body in bodies.items()}
    for body in bodies.values():
        body.words = {**others, **made}
    problems = list(_recursions(bodies, located)) or [problem for body in bodies.values() for problem in body.check()]
    if problems:
        raise ConfigError(problems)
    return made


def _settings(block: Mapping[str, Any]) -> dict[str, Any]:
    settings = block.get("settings")
    return dict(settings) if isinstance(settings, dict) else {}


def _layer_type(word: str, body: Body) -> type[Layer]:
    """The layer type of a block: a field for each setting, of the type of its default."""
    fields: dict[str, Any] = {
        name: (
            _type_of(default),
            Field(... if default == REQUIRED else default, description=f"Stands for ${name} in the block."),
        )
        for name, default in body.settings.items()
    }
    made = create_model(
        word.capitalize(),
        __base__=BlockLayer,
        __module__=__name__,
        __doc__=f"A block of this config's own, of {len(body.data)} layer{'' if len(body.data) == 1 else 's'}.",
        **fields,
    )
    made.word, made.main, made.body = word, next(iter(body.settings), None), body
    return made


def _type_of(default: Any) -> Any:
    """What a setting may be: of the type of its default; anything where it has none."""
    if default == REQUIRED or default is None:
        return Any
    for kind in (bool, int, float, str):
        if isinstance(default, kind):
            return kind
    return type(default)


def _wrong_names(word: str, block: Mapping[str, Any], located: Located, others: Mapping[str, type[Layer]]) -> Iterator[Problem]:
    """What a block or a setting of it cannot be called."""
    place = _key(located, (*BLOCKS, word))
    if not _WORD.fullmatch(word):
        what = "ends in a digit, as the names that layers are given do" if word[-1:].isdigit() else "is no word"
        hint = "letters, digits and _; a letter first, no digit last"
        yield Problem(f'a block cannot be called "{word}": that {what}', place, hint)
    elif word in LAYERS.builtin or word in others:
        whose = "netcli's own" if word in LAYERS.builtin else "a plugin's"
        message = f'a block cannot be called "{word}": there is a layer of that name, {whose}'
        yield Problem(message, place, "choose another name")
    for name in _settings(block):
        place = _key(located, (*BLOCKS, word, "settings", name))
        if not _SETTING.fullmatch(name):
            yield Problem(f'a setting cannot be called "{name}"', place, "letters, digits and _, a letter first")
        elif name == CHANNELS:
            yield Problem(f"{CHANNELS} is what comes into a layer; a setting needs another name", place, "choose another name")
        elif keyword.iskeyword(name) or hasattr(BlockLayer, name) or name in Layer.model_fields or name.startswith("model_"):
            yield Problem(f'a setting cannot be called "{name}": layers have that already', place, "choose another name")


def _key(located: Located, loc: Loc) -> Place | None:
    return located.keys.get(loc) or located.place(loc)


def _recursions(bodies: Mapping[str, Body], located: Located) -> Iterator[Problem]:
    """Blocks that are made of themselves."""
    uses = {word: dict(body.uses(bodies)) for word, body in bodies.items()}
    for word, used in uses.items():
        for inner, loc in used.items():
            way = _way(inner, word, uses)
            if way is not None:
                steps = " → ".join([word, *way])
                message = f"the block {word} is made of itself: {steps}"
                yield Problem(message, located.place(loc), "a block ends in layers that are none")


def _way(start: str, end: str, uses: Mapping[str, Mapping[str, Loc]]) -> list[str] | None:
    """A way from one block to another through what they use."""
    ways, seen = [[start]], {start}
    while ways:
        way = ways.pop(0)
        if way[-1] == end:
            return way
        further = [inner for inner in uses[way[-1]] if inner not in seen]
        seen.update(further)
        ways += [[*way, inner] for inner in further]
    return None
