"""The JSON Schema of a config, for editors that complete and check YAML while it is written."""

from __future__ import annotations

from typing import Any

from netcli.config.model import Config


def schema() -> dict[str, Any]:
    """JSON Schema (2020-12) made of the models that check a config, with their documentation.

    What a schema cannot say (a key written twice, `10.0` where a whole number is meant) is left to the loader.
    """
    made = Config.model_json_schema()
    required = [key for key in made.pop("required") if key != "name"]  # loading takes the name from the file's
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "netcli config"}
    return head | {key: value for key, value in made.items() if key != "title"} | {"required": required}
