"""Checkpoints: everything that training needs to go on as if it had never stopped, in one safetensors file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import TypeAdapter, ValidationError

from netcli import __version__
from netcli.errors import CheckpointError
from netcli.executors import State
from netcli.graph import Array, Node, Variable, op_of
from netcli.runs.files import write_atomically
from netcli.runs.identity import Identity

_FORMAT = "2"
#: Formats of earlier versions, and what a person can do who has a file of one.
_OLD = {"1": "netcli 0.1 wrote it and can use it; or train anew with this version"}
_SUMS = "sums:"  # no variable's name begins so: a path of names has no colon


@dataclass(frozen=True)
class Position:
    """Where training stands: epochs that are complete, batches and examples of the next one, and what decides about the best
    and the end.
    """

    epoch: int = 0
    batch: int = 0
    examples: int = 0
    best: float | None = None
    best_epoch: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Checkpoint:
    """All that training needs to go on.

    `run` is the id of the run, the same in all of its checkpoints; `config` the digest of each section of its config;
    `sums` those of the running epoch's averages; `fingerprint` the executor's. Variables are named by paths without a colon.
    """

    run: str
    state: State
    position: Position
    sums: Mapping[str, Array]
    identity: Identity
    config: Mapping[str, str]
    fingerprint: str

    def notes(self, config: Path, model: Any) -> list[str]:
        """What a person should know who uses it with a config file whose section `model`, as YAML reads it, is this now."""
        if section_digests({"model": model})["model"] == self.config.get("model"):
            return []
        return [f"the model in {config} is not as it was when the weights were written"]


_POSITION = TypeAdapter(Position)
_DIGESTS = TypeAdapter(dict[str, str])
_OTHER_CONFIG = "the config is not the one it was trained with: other layers, another optimizer, or other settings of these"
_DAMAGED = "the other checkpoint beside it may be whole: copied over this one, it serves in its stead"


def section_digests(config: Mapping[str, Any]) -> dict[str, str]:
    """The SHA-256 of each section of a config as YAML reads it, such as model."""
    return {name: hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest() for name, value in config.items()}


def save(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint, atomically. Raises CheckpointError."""
    from safetensors.numpy import save as serialize  # noqa: PLC0415 - only for who trains

    tensors = {**checkpoint.state.values, **{_SUMS + name: value for name, value in checkpoint.sums.items()}}
    metadata = {
        "netcli": __version__,
        "format": _FORMAT,
        "run": checkpoint.run,
        "position": _POSITION.dump_json(checkpoint.position).decode(),
        "identity": checkpoint.identity.to_json(),
        "config": _DIGESTS.dump_json(dict(checkpoint.config)).decode(),
        "fingerprint": checkpoint.fingerprint,
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
    _check_format(path, metadata.get("format"))
    if metadata.pop("sha256", None) != _digest(tensors, metadata):
        raise CheckpointError(f"{path} is damaged: its contents are not what netcli has written", hint=_DAMAGED)
    sums = {name.removeprefix(_SUMS): value for name, value in tensors.items() if name.startswith(_SUMS)}
    values = {name: value for name, value in tensors.items() if not name.startswith(_SUMS)}
    try:
        return Checkpoint(
            run=metadata["run"],
            state=State(values),
            position=_POSITION.validate_json(metadata["position"]),
            sums=sums,
            identity=Identity.from_json(metadata["identity"]),
            config=_DIGESTS.validate_json(metadata["config"]),
            fingerprint=metadata["fingerprint"],
        )
    except (KeyError, ValidationError) as error:
        raise CheckpointError(f"{path} lacks its description, or it is damaged: {_first_line(error)}", hint=_DAMAGED) from error


def _check_format(path: Path, found: str | None) -> None:
    """Raise CheckpointError for a file of another format, and for one of somebody else's."""
    if found == _FORMAT:
        return
    if found is None:
        raise CheckpointError(
            f"{path} is not a checkpoint of netcli: it names no format",
            hint="give a run directory that netcli train has written",
        )
    raise CheckpointError(
        f"{path} is a checkpoint of format {found}; this version of netcli reads format {_FORMAT}",
        hint=_OLD.get(found, "a later version wrote it and can use it; or train anew with this one"),
    )


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
