"""The documentation of the layer types, from their own files."""

from __future__ import annotations

import inspect
from typing import Any

from netcli.layers.layer import LAYERS, Layer


def document(word: str) -> dict[str, Any]:
    """What is known of a layer type: its documentation, its main setting, and each setting's type, default and meaning."""
    kind = LAYERS.members[word]
    summary, _, details = inspect.cleandoc(kind.__doc__ or "").partition("\n")
    properties = kind.model_json_schema()["properties"]
    settings = [
        {
            "name": name,
            "default": None if field.is_required() else _plain(field.get_default(call_default_factory=True)),
            "required": field.is_required(),
            "description": " ".join((field.description or "").split()),
            "schema": properties[name],
        }
        for name, field in sorted(kind.model_fields.items(), key=lambda item: _rank(kind, item[0]))
    ]
    return {"layer": word, "summary": summary, "details": details.strip(), "main": kind.main, "settings": settings}


def documents() -> list[dict[str, Any]]:
    """Every layer type, by name."""
    return [document(word) for word in LAYERS.members]


def _rank(kind: type[Layer], name: str) -> tuple[bool, int]:
    """The main setting first, then its own settings, then those it has in common with others."""
    depth = next(depth for depth, base in enumerate(kind.__mro__) if name in vars(base).get("__annotations__", {}))
    return name != kind.main, depth


def _plain(value: object) -> object:
    """A default as it is written in YAML: a pair of equal numbers is one of them."""
    if isinstance(value, tuple) and len(value) == 2 and value[0] == value[1]:
        return value[0]
    return list(value) if isinstance(value, tuple) else value
