"""Checkpoints: everything that training needs to go on as if it had never stopped, in one safetensors file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
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
_SUMS = "sums/"


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
    """The state, the position, the sums of the running epoch's averages, the data's signature, the executor's fingerprint."""

    state: State
    position: Position
    sums: Mapping[str, Array]
    signature: Signature
    fingerprint: str


_POSITION = TypeAdapter(Position)


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old or the new one, whole, whatever happens meanwhile.

    A temporary file beside it, flushed to the disk, then renamed over it; then the directory is flushed too.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
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
    }
    # safetensors writes the wrong bytes of an array that is not C-contiguous, and says nothing
    contiguous = {name: np.ascontiguousarray(value).reshape(value.shape) for name, value in tensors.items()}
    write_atomically(path, serialize(contiguous, metadata))


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
            hint="it may have been cut or changed; train again, or use the other checkpoint beside it",
        ) from error
    if metadata.get("format") != _FORMAT:
        raise CheckpointError(f"{path} is not a checkpoint of this version of netcli: its format is {metadata.get('format')}")
    try:
        position = _POSITION.validate_json(metadata["position"])
        signature = Signature.from_json(metadata["signature"])
    except (KeyError, ValidationError) as error:
        raise CheckpointError(f"{path} lacks its description, or it is damaged: {_first_line(error)}") from error
    sums = {name.removeprefix(_SUMS): value for name, value in tensors.items() if name.startswith(_SUMS)}
    values = {name: value for name, value in tensors.items() if not name.startswith(_SUMS)}
    return Checkpoint(State(values), position, sums, signature, metadata.get("fingerprint", "unknown"))


def check_fits(path: Path, state: State, variables: Mapping[str, Node] | list[Node]) -> None:
    """Raise CheckpointError unless the state has every variable, of its shape and dtype, finite; the first that is not is named."""
    nodes = list(variables.values()) if isinstance(variables, Mapping) else variables
    for node in nodes:
        label = op_of(node, Variable).label
        found = state.values.get(label)
        if found is None:
            raise CheckpointError(
                f"{path} has no {label}", hint="the config in the run directory is not the one it was trained with"
            )
        if found.shape != node.shape or found.dtype != node.type.dtype:
            raise CheckpointError(
                f"{path}: {label} is {found.dtype}{list(found.shape)}, the config makes it {node.type}",
                hint="the config in the run directory is not the one it was trained with",
            )
        if found.dtype.kind == "f" and not np.isfinite(found).all():
            raise CheckpointError(f"{path}: {label} holds NaN or infinity", hint="use an earlier checkpoint")


def _first_line(error: Exception) -> Any:
    return str(error).splitlines()[0]
