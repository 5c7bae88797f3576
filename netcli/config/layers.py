"""Where each layer of a config is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from netcli.config.located import Loc, Located
from netcli.layers.layer import Layer
from netcli.layers.placing import Written
from netcli.settings import Option, Settings


def written_layers(config: Settings, located: Located) -> dict[int, Written]:
    """The places of all layers in a config that the data was read as, by their identities."""
    return {id(layer): written_at(loc, located) for layer, loc in _walk(config, located.data, ())}


def written_at(loc: Loc, located: Located) -> Written:
    """What stands at `loc`, with its line."""
    place = located.place(loc)
    return Written(loc, place.line if place is not None else None)


def _walk(value: Any, data: Any, loc: Loc) -> Iterator[tuple[Layer, Loc]]:
    """The layers in a value and in what it holds; `data` is what was written for it at `loc`, in any of the ways."""
    if isinstance(value, Layer):
        yield value, loc
    if isinstance(value, Option):
        if not isinstance(data, Mapping):
            return  # its name alone: all else has its default
        loc, data = (*loc, value.word), data[value.word]
        if value.main is not None and not isinstance(data, Mapping):
            yield from _walk(getattr(value, value.main), data, loc)
            return
    if isinstance(value, Settings):
        for name in type(value).model_fields:
            if isinstance(data, Mapping) and name in data:
                yield from _walk(getattr(value, name), data[name], (*loc, name))
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _walk(inner, data[name], (*loc, name))
    elif isinstance(value, list) and isinstance(data, list):
        for index, inner in enumerate(value):
            yield from _walk(inner, data[index], (*loc, index))
