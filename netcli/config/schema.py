"""The JSON Schema of a config, for editors that complete and check YAML while it is written."""

from __future__ import annotations

from typing import Any

from netcli.config.model import Config
from netcli.settings import FAMILIES, FAMILY_MARK, Option, family_schema


def schema() -> dict[str, Any]:
    """JSON Schema (2020-12) made of the models that check a config, with their documentation.

    Each family (layers, optimizers, …) has an entry of its own among the definitions, and so has each of its members: a stack
    within a layer is a reference. What a schema cannot say (a key written twice, `10.0` where a whole number is meant) is left
    to the loader.
    """
    definitions = _Definitions()
    made = definitions.referring(Config.model_json_schema())
    required = [key for key in made.pop("required") if key != "name"]  # loading takes the name from the file's
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "netcli config"}
    whole = head | {key: value for key, value in made.items() if key != "title"} | {"required": required}
    return whole | {"$defs": dict(sorted(definitions.found.items()))}


class _Definitions:
    """What schemas refer to, by its name, as it is found in them."""

    def __init__(self) -> None:
        self.found: dict[str, Any] = {}

    def referring(self, part: Any) -> Any:
        """A part of a schema in which families are references, and without definitions of its own, which are noted."""
        if isinstance(part, list):
            return [self.referring(each) for each in part]
        if not isinstance(part, dict):
            return part
        for name, inner in part.get("$defs", {}).items():
            self._define(name, inner)
        kept = {key: self.referring(value) for key, value in part.items() if key not in {"$defs", FAMILY_MARK}}
        return kept | {"$ref": f"#/$defs/{self._family(part[FAMILY_MARK])}"} if FAMILY_MARK in part else kept

    def _define(self, name: str, part: Any) -> None:
        if name not in self.found:
            self.found[name] = None  # it may refer to itself
            self.found[name] = self.referring(part)

    def _family(self, kind: str) -> str:
        name = kind.replace(" ", "_")
        self._define_family(kind, name)
        return name

    def _define_family(self, kind: str, name: str) -> None:
        if name not in self.found:
            self.found[name] = None
            self.found[name] = self.referring(family_schema(FAMILIES[kind], lambda option: self._member(name, option)))

    def _member(self, family: str, option: type[Option]) -> dict[str, str]:
        name = f"{family}.{option.word}"
        self._define(name, option.model_json_schema())
        return {"$ref": f"#/$defs/{name}"}
