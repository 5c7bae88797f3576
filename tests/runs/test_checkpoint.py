"""Checkpoints come back as they were written, or are refused in words; a file is whole or not there."""

from __future__ import annotations

import errno
import json
import os
import pickle
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from support.runs import COMMAND, best_of, call, config_of, environment, last_of, refused, succeed, tensors_of

from netcli.errors import CheckpointError
from netcli.executors import State
from netcli.graph import Array, variable
from netcli.runs import checkpoint as checkpoints
from netcli.runs.checkpoint import Checkpoint, Position, check_fits, read, save
from netcli.runs.files import write_atomically
from netcli.runs.identity import Identity
from netcli.runs.signature import Signature

SIGNATURE = Signature(12, (4,), "float32", (), "int32", ("jā", 'n"o'), ("a", "b", "c", "d"), 255.0)
IDENTITY = Identity(SIGNATURE, {"training": "ab"}, {"/p.py": "cd"}, seed=3, steps_per_epoch=9)
LATTICE = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
VALUES: dict[str, Array] = {
    "transposed": LATTICE.T,
    "fortran": np.asfortranarray(LATTICE),
    "strided": LATTICE[:, ::2, 1::2],
    "backwards": LATTICE[::-1, :, ::-1],
    "broadcast": np.broadcast_to(np.float32(3.0), (2, 3)),
    "scalar": np.array(2.5, np.float32),
    "counter": np.array(4_000_000_000, np.uint32),
    "double": np.array([1e-300, np.pi]),
    "bool": np.array([True, False, True]),
    "int": np.array([[-(2**31), 2**31 - 1]], np.int32),
    "bytes": np.arange(256, dtype=np.uint8),
    "half": np.array([1.5, -2.0], np.float16),
    "empty": np.zeros((0, 3), np.float32),
    "special": np.array([-0.0, 1e-45, np.inf], np.float32),
    "layer.with-odd_name/weight": np.ones((1, 1, 1, 1), np.float32),
}


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A checkpoint file with all kinds of arrays."""
    position = Position(epoch=3, batch=7, examples=70, best=0.1 + 0.2, best_epoch=2, seconds=12.5)
    sums = {"loss": np.array(1 / 3), "lr": np.array(1e-300)}
    checkpoint = Checkpoint("run", State(dict(VALUES)), position, sums, IDENTITY, {"model": "ef"}, "numpy 2")
    save(tmp_path / "c.safetensors", checkpoint)
    return tmp_path / "c.safetensors"


@pytest.mark.parametrize("name", VALUES)
def test_an_array_comes_back(name: str, saved: Path) -> None:
    found = read(saved).state.values[name]
    assert (found.dtype, found.shape) == (VALUES[name].dtype, VALUES[name].shape)
    assert found.tobytes() == VALUES[name].tobytes()  # in row-major order, whatever the strides
    assert found.flags.c_contiguous
    assert found.flags.writeable
    assert load_file(saved)[name].tobytes() == VALUES[name].tobytes()  # as others read it


def test_everything_else_comes_back(saved: Path) -> None:
    found = read(saved)
    assert found.state.values.keys() == VALUES.keys()
    assert found.position == Position(epoch=3, batch=7, examples=70, best=0.1 + 0.2, best_epoch=2, seconds=12.5)
    assert {name: value.item() for name, value in found.sums.items()} == {"loss": 1 / 3, "lr": 1e-300}
    assert found.identity == IDENTITY
    assert (found.run, found.config, found.fingerprint) == ("run", {"model": "ef"}, "numpy 2")
    assert [path.name for path in saved.parent.iterdir()] == ["c.safetensors"]


@pytest.mark.slow
def test_a_layer_may_be_called_as_it_likes(tmp_path: Path) -> None:
    for name in ("sums", "seed", "step", "adam", "lr", "loss", "update"):
        text = f"data: {{dataset: iris}}\nmodel: {{layers: [dense: {{name: {name}, units: 3}}, softmax, cross_entropy]}}\n"
        config = config_of(tmp_path, text, name)
        succeed("train", config, "train.epochs=1", "train.optimizer=adam", "-q", "--run-dir", tmp_path / f"run-{name}")
        succeed("evaluate", tmp_path / f"run-{name}")


# --- files that are refused ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of iris."""
    directory = tmp_path_factory.mktemp("checkpoint")
    succeed("train", config_of(directory), "--run-dir", directory / "run", "-q")
    return directory / "run"


def header_end(path: Path) -> int:
    """Where the arrays begin: the file starts with the length of its header, 8 bytes."""
    return 8 + int.from_bytes(path.read_bytes()[:8], "little")


def flip(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def opened(path: Path) -> tuple[dict[str, str], dict[str, Array]]:
    """The metadata and the arrays of a file."""
    header = path.read_bytes()[8 : header_end(path)]
    return dict(json.loads(header)["__metadata__"]), tensors_of(path)


def rewritten(change: Callable[[dict[str, Array]], object], **changes: str | None) -> Callable[[Path], None]:
    """The file with other arrays and metadata (None removes), and the digest of those."""

    def spoil(path: Path) -> None:
        metadata, tensors = opened(path)
        change(tensors)
        kept = {name: value for name, value in (metadata | changes).items() if value is not None and name != "sha256"}
        save_file(tensors, path, {**kept, "sha256": checkpoints._digest(tensors, kept)})

    return spoil


def described(**changes: str | None) -> Callable[[Path], None]:
    """The file with other metadata."""
    return rewritten(lambda tensors: None, **changes)


def as_npz(path: Path) -> None:
    with path.open("wb") as file:
        np.savez(file, w=np.ones(3))


def directory_instead(path: Path) -> None:
    path.unlink()
    path.mkdir()


SPOILED: dict[str, tuple[Callable[[Path], object], str]] = {
    "empty": (lambda path: path.write_bytes(b""), "is not a readable safetensors file"),
    "short": (lambda path: path.write_bytes(path.read_bytes()[:-1]), "is not a readable safetensors file"),
    "half": (lambda path: path.write_bytes(path.read_bytes()[: header_end(path) // 2]), "is not a readable safetensors file"),
    "long": (lambda path: path.write_bytes(path.read_bytes() + b"\0"), "is not a readable safetensors file"),
    "zeros": (lambda path: path.write_bytes(bytes(1000)), "is not a readable safetensors file"),
    "huge header": (lambda path: path.write_bytes(b"\xff" * 8 + b"{}"), "is not a readable safetensors file"),
    "text": (lambda path: path.write_text("weights: 3\n" * 9), "is not a readable safetensors file"),
    "pickle": (lambda path: path.write_bytes(pickle.dumps({"w": np.ones(3)})), "is not a readable safetensors file"),
    "npz": (as_npz, "is not a readable safetensors file"),
    "missing": (Path.unlink, "does not exist"),
    "directory": (directory_instead, "is not a readable safetensors file"),
    "bit in the header": (lambda path: flip(path, 20), "last.safetensors is"),
    "bit in the first array": (lambda path: flip(path, header_end(path)), "is damaged: its contents are not what netcli"),
    "bit in the last array": (lambda path: flip(path, -1), "is damaged: its contents are not what netcli"),
    "of others": (lambda path: save_file({"w": np.ones(3)}, path), "is not a checkpoint of netcli: it names no format"),
    "of a later version": (described(format="99"), "is a checkpoint of format 99; this version of netcli reads format 2"),
    "of an earlier version": (described(format="1"), "is a checkpoint of format 1; this version of netcli reads format 2"),
    "no position": (described(position=None), "lacks its description, or it is damaged: 'position'"),
    "no identity": (described(identity=None), "lacks its description, or it is damaged: 'identity'"),
    "no run": (described(run=None), "lacks its description, or it is damaged: 'run'"),
    "position damaged": (described(position="{"), "lacks its description, or it is damaged"),
    "identity damaged": (described(identity="[1]"), "lacks its description, or it is damaged"),
    "another shape": (
        rewritten(lambda tensors: tensors.update({"dense1/weight": np.ones((8, 4), np.float32)})),
        "dense1/weight is float32[8, 4], the config makes it float32[4,8]",
    ),
    "another dtype": (
        rewritten(lambda tensors: tensors.update({"dense1/bias": np.ones(8)})),
        "dense1/bias is float64[8], the config makes it float32[8]",
    ),
    "a variable is missing": (rewritten(lambda tensors: tensors.pop("dense2/bias")), "has no dense2/bias"),
    "a slot is missing": (rewritten(lambda tensors: tensors.pop("adam/mean/dense1/weight")), "has no adam/mean/dense1/weight"),
    "NaN": (
        rewritten(lambda tensors: tensors.update({"dense1/bias": np.full(8, np.nan, np.float32)})),
        "dense1/bias holds NaN or infinity",
    ),
    "infinity": (
        rewritten(lambda tensors: tensors.update({"adam/square/dense1/bias": np.full(8, np.inf, np.float32)})),
        "adam/square/dense1/bias holds NaN or infinity",
    ),
}


@pytest.mark.parametrize("kind", SPOILED)
def test_a_spoiled_checkpoint_is_refused(kind: str, run: Path, tmp_path: Path) -> None:
    spoil, said = SPOILED[kind]
    copy = shutil.copytree(run, tmp_path / "run")
    spoil(last_of(copy))
    kept = {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()}
    message = refused("train", "--resume", copy, "train.epochs=4")
    assert said in message
    assert message.startswith(f"error: {last_of(copy)}")
    assert message.count("\n") >= 2  # what to do
    assert {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()} == kept


@pytest.mark.parametrize("kind", ["half", "pickle", "bit in the last array", "of others", "another shape", "directory"])
def test_evaluate_and_predict_refuse_it_too(kind: str, run: Path, tmp_path: Path) -> None:
    spoil, said = SPOILED[kind]
    copy = shutil.copytree(run, tmp_path / "run")
    spoil(best_of(copy))
    np.save(tmp_path / "x.npy", np.ones((1, 4), np.float32))
    assert said.replace("last", "best") in refused("evaluate", copy)
    assert said.replace("last", "best") in refused("predict", copy, tmp_path / "x.npy")
    succeed("evaluate", copy, "--checkpoint", "last")


def test_check_fits_looks_at_every_variable() -> None:
    here = variable("a", (2,), lambda _, shape: np.zeros(shape))
    there = variable("b", (), lambda _, shape: np.zeros(shape), dtype="uint32", trainable=False)
    state = State({"a": np.zeros(2, np.float32), "b": np.array(1, np.uint32), "unknown": np.ones(9)})
    check_fits(Path("c"), state, [here, there])
    with pytest.raises(CheckpointError, match=r"b is int64\[\], the config makes it uint32\[\]"):
        check_fits(Path("c"), State({**state.values, "b": np.array(1)}), [here, there])


# --- files that are whole or not there -------------------------------------------------------------------------------


def fails(code: int) -> Callable[..., None]:
    def failing(*arguments: object) -> None:
        raise OSError(code, os.strerror(code))

    return failing


@pytest.mark.parametrize("call_that_fails", ["fsync", "replace"])
def test_a_failed_write_leaves_the_old_file(call_that_fails: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"old")
    monkeypatch.setattr(os, call_that_fails, fails(errno.ENOSPC))
    with pytest.raises(CheckpointError, match="file cannot be written: No space left on device"):
        write_atomically(path, b"new")
    monkeypatch.undo()
    assert path.read_bytes() == b"old"
    assert [found.name for found in tmp_path.iterdir()] == ["file"]


def test_a_temporary_file_that_was_left_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "file"
    (tmp_path / ".file.partial").write_bytes(b"what a killed process had written, more than there is to write now")
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert [found.name for found in tmp_path.iterdir()] == ["file"]


def test_the_disk_is_full_while_training(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two epochs: an error in words, and the run goes on from there when there is room again."""
    flushed = 0

    def fsync(file: int, flush: Callable[[int], None] = os.fsync) -> None:
        nonlocal flushed
        flushed += 1
        if flushed > 20:
            fails(errno.ENOSPC)()
        flush(file)

    monkeypatch.setattr(os, "fsync", fsync)
    result = call("train", config_of(tmp_path), "train.epochs=50", "--run-dir", tmp_path / "run", "-q")
    monkeypatch.undo()
    assert result.exit_code == 2
    assert "cannot be written: No space left on device" in result.stderr
    assert "netcli train --resume RUN goes on from there" in result.stderr
    succeed("train", "--resume", tmp_path / "run", "train.epochs=6")
    assert not list((tmp_path / "run").rglob(".*"))


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("setpriv") is None, reason="only root may become nobody")
def test_a_run_that_may_only_be_read(run: Path) -> None:
    as_nobody = ("setpriv", "--reuid=65534", "--clear-groups", *COMMAND)
    if subprocess.run([*as_nobody, "--version"], capture_output=True, env=environment(), check=False).returncode != 0:
        pytest.skip("nobody may not run this Python")
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        copy = shutil.copytree(run, Path(folder) / "run")
        command = [*as_nobody, "train", "--resume", copy, "train.epochs=4"]
        done = subprocess.run(command, capture_output=True, text=True, env=environment(), check=False)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"error: {copy}/metrics.jsonl cannot be written: Permission denied")
        assert not list(copy.rglob(".*"))
