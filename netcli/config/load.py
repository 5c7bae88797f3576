"""From a YAML file and overrides to a checked config."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import ValidationError

from netcli.config.blocks import blocks_of
from netcli.config.layers import written_layers
from netcli.config.lines import LINE_BREAK, Lines, found
from netcli.config.located import Loc, Located, locate
from netcli.config.model import Config, use_layers
from netcli.config.overrides import override
from netcli.config.plugins import Plugin, load_plugins, words_of
from netcli.config.problems import problems
from netcli.errors import ConfigError, Place, Problem
from netcli.layers.layer import Layer
from netcli.layers.placing import StackError, Written
from netcli.settings import nearest

#: How large a config may be, in bytes.
MAX_BYTES = 10_000_000


@dataclass(frozen=True)
class Loaded:
    """A config, and where each part of it was written.

    `path` is its file, None for a text; relative paths in it are relative to `folder`. `layers` says where each layer is
    written, by its identity: layers that are equal may be written in several places.
    """

    config: Config
    located: Located
    path: Path | None
    folder: Path
    plugins: tuple[Plugin, ...] = ()
    layers: Mapping[int, Written] = field(default_factory=dict)

    def place(self, *loc: str | int) -> Place | None:
        """Where `loc` is written, or else the innermost thing around it; None if none of it is, for what has its default."""
        return self.located.place(loc)

    def problem(self, error: StackError) -> Problem:
        """A layer that does not fit, with its place."""
        loc = error.written.loc
        if error.setting is not None:
            loc = (*loc, self.word_at(loc), error.setting)
        return Problem(error.message, error.place or self.place(*loc), "\n".join(filter(None, [error.hint, *error.uses])))

    def word_at(self, loc: Loc) -> str:
        """The word of the layer that is written at `loc`."""
        data = self.located.at(loc)
        return str(next(iter(data))) if isinstance(data, dict) else str(data)

    def locate(self, layer: Layer) -> Written:
        """Where a layer of the model is written."""
        return self.layers.get(id(layer), Written())


def load(path: Path, overrides: Sequence[str] = (), plugins: Sequence[Path] = ()) -> Loaded:
    """Read and check the config in a file, with the plugins that it names and others.

    Raises ConfigError (the file cannot be read, or what it or an override says is wrong), UsageError (an override that
    is not KEY=VALUE) and PluginError.
    """
    return _check(locate(_read(path), str(path)), path, path.parent, overrides, plugins)


def load_text(text: str, source: str, folder: Path, overrides: Sequence[str] = ()) -> Loaded:
    """The same for a text; `source` names it in errors, and the config where it has no name."""
    loaded = _check(locate(text, source), Path(source), folder, overrides, ())
    return replace(loaded, path=None)


def _check(located: Located, path: Path, folder: Path, overrides: Sequence[str], plugins: Sequence[Path]) -> Loaded:
    """The config in the data with the overrides applied; `path` names a config that has no name."""
    if not isinstance(located.data, dict):
        raise ConfigError([_no_mapping(located)])
    located = override(located, overrides, Config)
    loaded = load_plugins([*_named(located, folder), *((path, None) for path in plugins)])
    written: dict[int, Written] = {}
    blocks = blocks_of(located, written, words_of(loaded))
    use_layers({**words_of(loaded), **blocks})
    try:
        config = Config.model_validate({"name": _name(path.stem), **located.data})
        written |= written_layers(config, located)
        return Loaded(config, located, path, folder, loaded, written)
    except ValidationError as error:
        raise ConfigError(problems(error, located, Config)) from None


def _named(located: Located, folder: Path) -> list[tuple[Path, Place | None]]:
    """The plugins that the data names, and where; what is no list of paths is left for the models to refuse."""
    entries = located.data.get("plugins")
    if not isinstance(entries, list) or not all(isinstance(entry, str) and entry and "\0" not in entry for entry in entries):
        return []
    return [(folder / entry, located.values["plugins", index]) for index, entry in enumerate(entries)]


def _name(stem: str) -> str:
    """A file's stem as a config's name: what a name cannot hold becomes a dash."""
    return re.sub("[^A-Za-z0-9._-]+", "-", stem).strip("-_.")[:100] or "config"


def _no_mapping(located: Located) -> Problem:
    place = located.values[()]
    if located.data is None:
        return Problem("the config is empty", place, "netcli init writes one to begin with")
    if isinstance(located.data, str) and ":" in located.data:
        hint = 'put a space after each ":"'
    else:
        hint = 'it begins with keys: "data:", "model:", "train:"'
    return Problem(f"expected a mapping of settings, found {found(located.data)}", place, hint)


def _read(path: Path) -> str:
    """The text of the file. Raises ConfigError if it cannot be had."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise ConfigError([Problem(f"there is no file {path}", None, _similar(path))]) from None
    except IsADirectoryError:
        raise ConfigError([Problem(f"{path} is a directory; expected a YAML file", None, _similar(path / "x.yaml"))]) from None
    except (OSError, ValueError) as error:  # ValueError: a path that no file can have
        reason = getattr(error, "strerror", None) or error
        raise ConfigError([Problem(f"{path} cannot be read: {reason}")]) from error
    if len(raw) > MAX_BYTES:
        raise ConfigError([Problem(f"{path} holds more than {MAX_BYTES:,} bytes; it is no config")])
    return _decode(raw, str(path))


def _decode(raw: bytes, source: str) -> str:
    """The bytes as UTF-8, without a mark of byte order. Raises ConfigError at the first byte that is not."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        start = error.start
    before = raw[:start].decode("utf-8-sig")
    lines = Lines.of(source, before + raw[start:].decode("utf-8", "replace"))
    *above, last = LINE_BREAK.split(before)
    problem = Problem(f"the byte 0x{raw[start]:02X} is not UTF-8", lines.place(len(above), len(last)), "save the file as UTF-8")
    raise ConfigError([problem])


def _similar(path: Path) -> str | None:
    """The YAML file that may be meant."""
    if not path.parent.is_dir():
        return f"the directory {path.parent} does not exist"
    try:
        files = sorted(each.name for each in path.parent.iterdir() if each.suffix in {".yaml", ".yml"})
    except PermissionError:
        return None
    close = nearest(path.name, files) or nearest(f"{path.name}.yaml", files)
    if close:
        return f'did you mean "{path.parent / close}"?'
    return f"YAML files in {path.parent}: {', '.join(files[:8])}" if files else None
