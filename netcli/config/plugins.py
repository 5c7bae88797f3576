"""Operations and layers from a Python file that the user names. Nothing is loaded that is not named; see docs/plugins.md."""

from __future__ import annotations

import ast
import hashlib
import inspect
import os
import sys
import traceback
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType

from netcli.errors import Place, PluginError
from netcli.graph import Op, name_of
from netcli.layers.layer import LAYERS, Layer, Loss
from netcli.ops import operations

_PREFIX = "netcli_plugin_"


@dataclass(frozen=True)
class Plugin:
    """What a file defines: operations and layer types, in their order there. `digest` is the SHA-256 of its bytes."""

    path: Path
    digest: str
    operations: tuple[type[Op], ...]
    layers: tuple[type[Layer], ...]


def load_plugins(paths: Sequence[tuple[Path, Place | None]]) -> tuple[Plugin, ...]:
    """Run the files, each with the place that names it, and collect what they define; a file named twice counts once.

    Raises PluginError, with file and line: it is not there, is no Python, fails when it is run, defines nothing, or something
    that is not whole or has a name that is taken.
    """
    plugins = dict.fromkeys(_loaded(path.resolve(), _read(path, named)) for path, named in paths)
    taken = {name_of(op): "netcli" for op in operations()}, dict.fromkeys(LAYERS.builtin, "netcli")
    for plugin in plugins:
        source = _Source(plugin.path, plugin.path.read_bytes())
        for what, known, found in (
            ("operation", taken[0], {name_of(op): op.__name__ for op in plugin.operations}),
            ("layer", taken[1], {layer.word: layer.__name__ for layer in plugin.layers}),
        ):
            for name, written in found.items():
                if name in known:
                    owner = "netcli has one" if known[name] == "netcli" else f"{known[name]} has one"
                    raise PluginError(
                        f'the {what} "{name}" has a name that is taken: {owner}',
                        place=source.of_class(written),
                        hint="give the class another name" if what == "operation" else "give it another word",
                    )
                known[name] = shown(plugin.path)
    return tuple(plugins)


def culprit(error: BaseException) -> Place | None:
    """The line of a plugin at which an error, or what caused it, came up, the innermost one; None if it was not in a plugin."""
    files = {module.__file__ for name, module in list(sys.modules.items()) if name.startswith(_PREFIX)}
    found: BaseException | None = error
    while found is not None:
        frames = [frame for frame in traceback.extract_tb(found.__traceback__) if frame.filename in files]
        if frames:
            path = Path(frames[-1].filename)
            return _Source(path, _bytes(path)).place(frames[-1].lineno or 1, (frames[-1].colno or 0) + 1)
        found = found.__cause__
    return None


def shown(path: Path) -> str:
    """The path as a person would write it: from the current directory, if it is below that."""
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)


@dataclass(frozen=True)
class _Source:
    """The text of a plugin, for places in it."""

    path: Path
    raw: bytes

    def place(self, line: int, column: int = 1) -> Place:
        lines = self.raw.decode("utf-8", "replace").splitlines()
        return Place(shown(self.path), line, column, lines[line - 1] if 0 < line <= len(lines) else None)

    def of_class(self, name: str) -> Place:
        """Where a class of this name is defined."""
        for node in ast.walk(ast.parse(self.raw)):
            if isinstance(node, ast.ClassDef) and node.name == name:
                return self.place(node.lineno, node.col_offset + 1)
        return self.place(1)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # it was there when it was loaded; the line is told without its text
        return b""


def _read(path: Path, named: Place | None) -> bytes:
    """The bytes of a file. Raises PluginError at the place that names it."""
    if path.suffix != ".py":
        raise PluginError(f"the plugin {path} is not a Python file", place=named, hint="its name must end in .py")
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        hint = f"the path is relative to {shown(path.parent.resolve())}"
        raise PluginError(f"there is no plugin {path}", place=named, hint=hint) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise PluginError(f"the plugin {path} cannot be read: {reason}", place=named) from error


@cache
def _loaded(path: Path, raw: bytes) -> Plugin:
    """Run a file, once for the same text, and look through what it defines."""
    source = _Source(path, raw)
    digest = hashlib.sha256(raw).hexdigest()
    module = _run(source, f"{_PREFIX}{path.stem}_{digest[:8]}")
    found_operations = tuple(_whole_operations(module, source))
    found_layers = tuple(_whole_layers(module, source))
    if not found_operations and not found_layers:
        raise PluginError(
            f"{shown(path)} defines no operation and no layer",
            place=source.place(1),
            hint="expected a class derived from Differentiable, Unary, Piecewise or Layer, its name without _ in front",
        )
    return Plugin(path, digest, found_operations, found_layers)


def _run(source: _Source, name: str) -> ModuleType:
    """The module that a file makes."""
    module = ModuleType(name)
    module.__file__ = str(source.path)
    sys.modules[name] = module  # dataclasses and pydantic look annotations up there
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Field name .* shadows")  # refused, with its line: see _whole_layers
            exec(compile(source.raw, str(source.path), "exec"), vars(module))  # noqa: S102 - the user names the file
    except (Exception, SystemExit) as error:
        failure = _failure(source, error)
        del sys.modules[name]
        raise failure from error
    return module


def _failure(source: _Source, error: BaseException) -> PluginError:
    """What went wrong in a plugin, at its line there."""
    place = culprit(error)
    if isinstance(error, SyntaxError) and place is None:
        return PluginError(
            f"the plugin is not valid Python: {error.msg}", place=source.place(error.lineno or 1, error.offset or 1)
        )
    return PluginError(f"the plugin fails when it is loaded: {told(error)}", place=place or source.place(1))


def told(error: BaseException) -> str:
    """An error of someone else's code in a line."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _classes(module: ModuleType, base: type) -> Iterator[type]:
    """The public classes of a kind that are defined in the module."""
    for value in vars(module).values():
        own = isinstance(value, type) and value.__module__ == module.__name__ and issubclass(value, base)
        if own and not value.__name__.startswith("_"):
            yield value


def _whole(module: ModuleType, base: type, source: _Source) -> Iterator[type]:
    """The classes of a kind, which must have all methods; one that others are made from is left out if it has not."""
    classes = list(_classes(module, base))
    for found in classes:
        if not inspect.isabstract(found):
            yield found
        elif not any(other is not found and issubclass(other, found) for other in classes):
            lacking = ", ".join(sorted(found.__abstractmethods__))  # type: ignore[attr-defined]
            raise PluginError(f"{found.__name__} is not whole: it has no {lacking}", place=source.of_class(found.__name__))


def _whole_operations(module: ModuleType, source: _Source) -> Iterator[type[Op]]:
    names: dict[str, str] = {}
    for found in _whole(module, Op, source):
        assert issubclass(found, Op)
        place = source.of_class(found.__name__)
        if not getattr(vars(found).get("__dataclass_params__"), "frozen", False):
            hint = "put @dataclass(frozen=True) above the class: nodes with equal operations are one node"
            raise PluginError(f"the operation {found.__name__} must be a frozen dataclass", place=place, hint=hint)
        _check_unique(names, name_of(found), found, "operation", place)
        yield found


def _whole_layers(module: ModuleType, source: _Source) -> Iterator[type[Layer]]:
    words: dict[str, str] = {}
    for found in _whole(module, Layer, source):
        assert issubclass(found, Layer)
        if found in {Layer, Loss}:
            continue
        place = source.of_class(found.__name__)
        word = vars(found).get("word")
        if not isinstance(word, str) or not word.isidentifier():
            hint = f'such as word = "{found.__name__.lower()}"'
            raise PluginError(f"the layer {found.__name__} has no word, its name in YAML", place=place, hint=hint)
        if word[-1].isdigit():
            message = f'a layer cannot be called "{word}": that ends in a digit, as the names that layers are given do'
            raise PluginError(message, place=place, hint="make the number a setting, or write it out")
        _check_unique(words, word, found, "layer", place)
        hidden = next((name for name in found.model_fields if name not in Layer.model_fields and hasattr(Loss, name)), None)
        if hidden is not None:
            message = f'the setting "{hidden}" of the layer {found.__name__} hides what netcli asks layers by that name'
            raise PluginError(message, place=place, hint="give the setting another name")
        yield found


def _check_unique(names: dict[str, str], name: str, found: type, what: str, place: Place) -> None:
    """Raise PluginError for a second one of a name in the file."""
    if name in names:
        message = f'the {what} "{name}" has a name that is taken: {names[name]} has it too'
        raise PluginError(message, place=place, hint="give it another one")
    names[name] = found.__name__


def words_of(plugins: Iterable[Plugin]) -> Mapping[str, type[Layer]]:
    """The layer types by the name that YAML has for them."""
    return {layer.word: layer for plugin in plugins for layer in plugin.layers}
