"""What a run still has when the power goes: only what was flushed, and under names that were flushed in their directory."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from support.runs import config_of, position_of, succeed

from netcli.runs.directory import RunDirectory, create
from netcli.runs.files import write_atomically
from netcli.runs.metrics import EpochRecord


class Disk:
    """The worst disk that keeps its word: it holds what `fsync` was called for, as it was then, and nothing else."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """`root` is there, and was empty."""
        self.root = root
        self._content: dict[int, bytes] = {}
        self._names: dict[int, dict[str, int]] = {}
        self.after_each: Callable[[], None] = lambda: None
        monkeypatch.setattr(os, "fsync", self._flush)

    def _flush(self, file: int) -> None:
        found = os.fstat(file)
        if stat.S_ISDIR(found.st_mode):
            with os.scandir(file) as entries:
                self._names[found.st_ino] = {entry.name: entry.inode() for entry in entries}
        else:
            place = Path(f"/proc/self/fd/{file}")
            self._content[found.st_ino] = place.read_bytes()
        self.after_each()

    def left(self) -> dict[str, bytes | None]:
        """The files with their contents, and the directories with None, by their paths below the root."""
        found: dict[str, bytes | None] = {}
        waiting = [("", self.root.stat().st_ino)]
        while waiting:
            path, inode = waiting.pop()
            for name, child in self._names.get(inode, {}).items():
                is_file = child in self._content
                found[path + name] = self._content.get(child)
                if not is_file:
                    waiting.append((f"{path}{name}/", child))
        return found


def there(root: Path) -> dict[str, bytes | None]:
    """What is there now."""
    return {str(path.relative_to(root)): path.read_bytes() if path.is_file() else None for path in root.rglob("*")}


needs_proc = pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="reads what is behind an open file in /proc")
pytestmark = needs_proc


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Disk:
    root = tmp_path / "disk"
    root.mkdir()
    monkeypatch.chdir(root)
    return Disk(root, monkeypatch)


def record(epoch: int) -> EpochRecord:
    return EpochRecord(epoch, 3, 7 * epoch, 0.1, 1.0, 9.0, {"loss": 0.5}, None, 1.0, (), best=False)


def test_a_file_that_is_written_at_once(disk: Disk) -> None:
    write_atomically(disk.root / "file", b"old")
    assert disk.left() == {"file": b"old"}
    write_atomically(disk.root / "file", b"new")
    assert disk.left() == {"file": b"new"}


def test_at_every_moment_there_is_the_old_file_or_the_new_one(disk: Disk) -> None:
    write_atomically(disk.root / "file", b"old")
    seen: list[bytes | None] = []
    disk.after_each = lambda: seen.append(disk.left()["file"])
    write_atomically(disk.root / "file", b"new")
    assert seen[-1] == b"new"
    assert set(seen) <= {b"old", b"new"}


@pytest.mark.parametrize("wanted", [None, "runs", "a/b/c"])
def test_a_new_run_directory_and_the_directories_above_it(disk: Disk, wanted: str | None) -> None:
    run = create("net", Path(wanted) if wanted else None, "name: net\n")
    made = "runs/net/001" if wanted is None else wanted
    assert run.path == Path(made)
    assert disk.left() == there(disk.root)
    assert disk.left()[f"{made}/config.yaml"] == b"name: net\n"
    assert f"{made}/checkpoints" in disk.left()


def test_the_second_run_of_a_name(disk: Disk) -> None:
    create("net", None, "one")
    create("net", None, "two")
    assert disk.left()["runs/net/002/config.yaml"] == b"two"


def test_every_line_of_metrics(disk: Disk) -> None:
    run = RunDirectory(disk.root)
    for epoch in range(3):
        run.append(record(epoch))
        found = disk.left()["metrics.jsonl"]
        assert found is not None
        assert found.count(b"\n") == epoch + 1
    run.rewrite(run.read_metrics()[:2])
    assert disk.left() == there(disk.root)


def test_a_training_can_go_on_from_any_moment(disk: Disk, tmp_path: Path) -> None:
    """No checkpoint is on the disk without the lines of the epochs before it."""
    seen: list[int] = []

    def look() -> None:
        left = disk.left()
        checkpoint = left.get("run/checkpoints/last.safetensors")
        if checkpoint is not None:
            (tmp_path / "copy").write_bytes(checkpoint)
            epochs = position_of(tmp_path / "copy")["epoch"]
            seen.append(epochs)
            assert (left.get("run/metrics.jsonl") or b"").count(b"\n") >= epochs
            assert left["run/config.yaml"]

    disk.after_each = look
    succeed("train", config_of(tmp_path), "train.epochs=3", "--run-dir", disk.root / "run", "-q")
    assert max(seen) == 3
    assert disk.left() == there(disk.root)
