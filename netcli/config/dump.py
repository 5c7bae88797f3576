"""From a config back to YAML that reads as the same config."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, get_args, get_type_hints

import yaml
import yamlcore  # type: ignore[import-untyped]

from netcli.config.model import Config
from netcli.datasets.source import PathText
from netcli.settings import Option, Settings


def dump(config: Config) -> str:
    """The config as YAML, its keys in the order of the models; settings that are null by default are left out when they are."""
    return yaml.dump(
        plain(config), Dumper=yamlcore.CCoreDumper, sort_keys=False, default_flow_style=None, allow_unicode=True, width=110
    )


def absolute_paths(config: Config, folder: Path) -> Config:
    """The config with every path made absolute, links resolved; relative ones are relative to `folder`."""
    made: Config = _with_paths(config, folder)
    return made


def plain(value: Any) -> Any:
    """As YAML reads it: settings as mappings, a member of a family as `word: {…}`, tuples as lists."""
    if isinstance(value, Settings):
        fields = {name: plain(getattr(value, name)) for name in type(value).model_fields}
        kept = {name: inner for name, inner in fields.items() if inner is not None or not _null_by_default(value, name)}
        if not isinstance(value, Option):
            return kept
        return {value.word: kept} if kept else value.word
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    if isinstance(value, dict):
        return {name: plain(entry) for name, entry in value.items()}
    return value


def _null_by_default(settings: Settings, name: str) -> bool:
    field = type(settings).model_fields[name]
    return not field.is_required() and field.default is None


def _with_paths(settings: Any, folder: Path) -> Any:
    """The settings with the paths in them, and in settings within them, made absolute."""
    if isinstance(settings, list | tuple):
        return type(settings)(_with_paths(entry, folder) for entry in settings)
    if isinstance(settings, dict):
        return {name: _with_paths(entry, folder) for name, entry in settings.items()}
    if not isinstance(settings, Settings):
        return settings
    changed: dict[str, Any] = {}
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        is_path = value is not None and name in _path_fields(type(settings))
        changed[name] = _absolute(value, folder) if is_path else _with_paths(value, folder)
    return settings.model_copy(update=changed)


def _absolute(value: str | list[str], folder: Path) -> str | list[str]:
    """A path, or each of several."""
    return [str((folder / path).resolve()) for path in value] if isinstance(value, list) else str((folder / value).resolve())


@cache
def _path_fields(settings: type[Settings]) -> set[str]:
    """The fields that are declared as paths."""
    hints = get_type_hints(settings, include_extras=True)
    return {name for name in settings.model_fields if _speaks_of_path(hints[name])}


def _speaks_of_path(hint: Any) -> bool:
    return hint == PathText or any(_speaks_of_path(part) for part in get_args(hint))
