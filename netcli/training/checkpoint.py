"""Checkpoints: everything that training needs to go on as if it had never stopped, in one safetensors file."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import TypeAdapter, ValidationError

from netcli import __version__
from netcli.errors import CheckpointError
from netcli.executors import State
from netcli.graph import Array, Node, Variable, op_of
from netcli.training.signature import Signature

_FORMAT = "1"
_SUMS = "sums:"  # no variable's name begins so: layers' names have no colon


@dataclass(frozen=True)
class Position:
    """Where training stands: epochs that are complete, batches of the next one, and what decides about the best and the end."""

    epoch: int = 0
    batch: int = 0
    best: float | None = None
    best_epoch: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Checkpoint:
    """The state, the position, the sums of the running epoch's averages, the data's signature, the executor's fingerprint.

    `plugins` are the digests of the files with operations and layers of the user's own, by path.
    """

    state: State
    position: Position
    sums: Mapping[str, Array]
    signature: Signature
    fingerprint: str
    plugins: Mapping[str, str] = field(default_factory=dict)


_POSITION = TypeAdapter(Position)
_PLUGINS = TypeAdapter(dict[str, str])
_OTHER_CONFIG = "the config is not the one it was trained with: other layers, another optimizer, or other settings of these"
_DAMAGED = "the other checkpoint beside it may be whole: copied over this one, it serves in its stead"


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old or the new one, whole, whatever happens meanwhile.

    A temporary file beside it, flushed to the disk, then renamed over it; then the directory is flushed too. What a
    process that was killed left of the temporary file, the next one overwrites. Raises CheckpointError: no room, no
    permission; the old file is still there then.
    """
    with writing(path):
        temporary = path.with_name(f".{path.name}.partial")
        try:
            with temporary.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Around code that writes `path`. Raises CheckpointError in place of OSError."""
    try:
        yield
    except OSError as error:
        raise CheckpointError(
            f"{path} cannot be written: {error.strerror or error}",
            hint="what was saved before is as it was; netcli train --resume RUN goes on from there when this is mended",
        ) from error


def save(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint, atomically."""
    from safetensors.numpy import save as serialize  # noqa: PLC0415 - only for who trains

    tensors = {**checkpoint.state.values, **{_SUMS + name: value for name, value in checkpoint.sums.items()}}
    metadata = {
        "netcli": __version__,
        "format": _FORMAT,
        "position": _POSITION.dump_json(checkpoint.position).decode(),
        "signature": checkpoint.signature.to_json(),
        "fingerprint": checkpoint.fingerprint,
        "plugins": _PLUGINS.dump_json(dict(checkpoint.plugins)).decode(),
    }
    # safetensors writes the wrong bytes of an array that is not C-contiguous, and says nothing
    contiguous = {name: np.ascontiguousarray(value).reshape(value.shape) for name, value in tensors.items()}
    write_atomically(path, serialize(contiguous, {**metadata, "sha256": _digest(contiguous, metadata)}))


def _digest(tensors: Mapping[str, Array], metadata: Mapping[str, str]) -> str:
    """What tells that a bit has changed: safetensors itself would read other numbers and say nothing."""
    digest = hashlib.sha256(json.dumps(metadata, sort_keys=True).encode())
    for name, value in sorted(tensors.items()):
        digest.update(f"{name} {value.dtype} {value.shape}".encode())
        digest.update(value.tobytes())
    return digest.hexdigest()


def read(path: Path) -> Checkpoint:
    """Read a checkpoint. Raises CheckpointError: it is not there, is broken, or is none of netcli's."""
    from safetensors import SafetensorError, safe_open  # noqa: PLC0415 - only for who goes on

    try:
        with safe_open(path, "np") as file:
            metadata: dict[str, str] = file.metadata() or {}
            tensors: dict[str, Array] = {name: np.array(file.get_tensor(name)) for name in file.keys()}  # noqa: SIM118
    except FileNotFoundError as error:
        raise CheckpointError(f"{path} does not exist", hint="give a run directory that netcli train has written") from error
    except (SafetensorError, OSError, ValueError) as error:
        raise CheckpointError(
            f"{path} is not a readable safetensors file: {error}",
            hint=_DAMAGED,
        ) from error
    if metadata.get("format") != _FORMAT:
        raise CheckpointError(
            f"{path} is not a checkpoint of this version of netcli: its format is {metadata.get('format')}",
            hint="give a run that this version has trained",
        )
    if metadata.pop("sha256", None) != _digest(tensors, metadata):
        raise CheckpointError(f"{path} is damaged: its contents are not what netcli has written", hint=_DAMAGED)
    try:
        position = _POSITION.validate_json(metadata["position"])
        signature = Signature.from_json(metadata["signature"])
        plugins = _PLUGINS.validate_json(metadata.get("plugins", "{}"))
    except (KeyError, ValidationError) as error:
        raise CheckpointError(f"{path} lacks its description, or it is damaged: {_first_line(error)}", hint=_DAMAGED) from error
    sums = {name.removeprefix(_SUMS): value for name, value in tensors.items() if name.startswith(_SUMS)}
    values = {name: value for name, value in tensors.items() if not name.startswith(_SUMS)}
    return Checkpoint(State(values), position, sums, signature, metadata.get("fingerprint", "unknown"), plugins)


def check_fits(path: Path, state: State, variables: Iterable[Node]) -> None:
    """Raise CheckpointError unless the state has every variable, of its shape and dtype, finite; it names the first."""
    for node in variables:
        label = op_of(node, Variable).label
        found = state.values.get(label)
        if found is None:
            raise CheckpointError(f"{path} has no {label}", hint=_OTHER_CONFIG)
        if found.shape != node.shape or found.dtype != node.type.dtype:
            raise CheckpointError(
                f"{path}: {label} is {found.dtype}{list(found.shape)}, the config makes it {node.type}", hint=_OTHER_CONFIG
            )
        if found.dtype.kind == "f" and not np.isfinite(found).all():
            raise CheckpointError(f"{path}: {label} holds NaN or infinity", hint="use an earlier checkpoint")


def _first_line(error: Exception) -> Any:
    return str(error).splitlines()[0]
