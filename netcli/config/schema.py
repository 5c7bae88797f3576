"""The JSON Schema of a config, for editors that complete and check YAML while it is written."""

from __future__ import annotations

from typing import Any

from netcli.config.model import BODY_MARK, Config
from netcli.settings import FAMILIES, FAMILY_MARK, Option, family_schema


def schema() -> dict[str, Any]:
    """JSON Schema (2020-12) made of the models that check a config, with their documentation.

    Each family (layers, optimizers, …) has an entry of its own among the definitions, and so has each of its members: a stack
    within a layer is a reference. In the body of a block an expression may stand for any value: its layers have entries of
    their own. The words are netcli's, and those of the config that was read last. What a schema cannot say (a key written
    twice, `10.0` where a whole number is meant) is left to the loader.
    """
    definitions = _Definitions()
    made = definitions.referring(Config.model_json_schema())
    required = [key for key in made.pop("required") if key != "name"]  # loading takes the name from the file's
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "netcli config"}
    whole = head | {key: value for key, value in made.items() if key != "title"} | {"required": required}
    return whole | {"$defs": dict(sorted(definitions.found.items()))}


#: What may stand for any value in the body of a block: `$name`, `$(4 * name)`.
_EXPRESSION = {"type": "string", "pattern": r"^\$([A-Za-z_]|\(.*\)$)"}
_SCALARS = {"boolean", "integer", "number", "string"}


class _Definitions:
    """What schemas refer to, by its name, as it is found in them."""

    def __init__(self) -> None:
        self.found: dict[str, Any] = {}
        self._prefix = ""  # of the names of what is found: not empty within the body of a block

    def referring(self, part: Any) -> Any:
        """A part of a schema in which families are references, and without definitions of its own, which are noted."""
        if isinstance(part, list):
            return [self.referring(each) for each in part]
        if not isinstance(part, dict):
            return part
        if part.get(BODY_MARK):
            return self._body({key: value for key, value in part.items() if key != BODY_MARK})
        for name, inner in part.get("$defs", {}).items():
            self._define(name, inner)
        kept = {key: self.referring(value) for key, value in part.items() if key not in {"$defs", FAMILY_MARK}}
        if FAMILY_MARK in part:
            return kept | {"$ref": f"#/$defs/{self._family(part[FAMILY_MARK])}"}
        return _or_expression(kept) if self._prefix else kept

    def _body(self, part: dict[str, Any]) -> Any:
        """The layers of a block."""
        before, self._prefix = self._prefix, "block."
        try:
            return self.referring(part)
        finally:
            self._prefix = before

    def _define(self, name: str, part: Any) -> None:
        if name not in self.found:
            self.found[name] = None  # it may refer to itself
            self.found[name] = self.referring(part)

    def _family(self, kind: str) -> str:
        name = self._prefix + kind.replace(" ", "_")
        if name not in self.found:
            self.found[name] = None
            made = family_schema(FAMILIES[kind], lambda option: self._member(name, option))
            self.found[name] = self.referring(made)
        return name

    def _member(self, family: str, option: type[Option]) -> dict[str, str]:
        name = f"{family}.{option.word}"
        self._define(name, option.model_json_schema())
        return {"$ref": f"#/$defs/{name}"}


def _or_expression(part: dict[str, Any]) -> dict[str, Any]:
    """A schema of a scalar, which takes an expression, too."""
    if not (isinstance(part.get("type"), str) and part["type"] in _SCALARS):
        return part
    about = {key: value for key, value in part.items() if key in {"title", "description", "default"}}
    return about | {"anyOf": [{key: value for key, value in part.items() if key not in about}, _EXPRESSION]}
