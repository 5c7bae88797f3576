"""Compiled code on disk: what is put is got, damage is noticed, the limit holds, processes do not disturb one another."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from netcli.errors import UsageError
from netcli.executors.cache import CodeCache, code_cache

KEY, OTHER = "a" * 64, "b" * 64


@pytest.fixture
def cache(tmp_path: Path) -> CodeCache:
    return CodeCache(tmp_path / "not" / "there", 10_000)


def test_what_is_put_is_got(cache: CodeCache) -> None:
    cache.put(KEY, b"code")
    cache.put(OTHER, b"")
    assert (cache.get(KEY), cache.get(OTHER), cache.get("c" * 64)) == (b"code", b"", None)
    assert cache.folder.stat().st_mode & 0o777 == 0o700


def test_nothing_is_there_at_first(cache: CodeCache, caplog: pytest.LogCaptureFixture) -> None:
    assert (cache.get(KEY), cache.entries(), cache.clear()) == (None, [], 0)
    assert not cache.folder.exists()
    assert caplog.text == ""


def test_putting_again_replaces(cache: CodeCache) -> None:
    cache.put(KEY, b"code")
    cache.put(KEY, b"other code")
    assert cache.get(KEY) == b"other code"
    assert [entry.path.name for entry in cache.entries()] == [f"{KEY}.code"]


# ------------------------------------------------------------------------------------------------------------------ damage


def change(at: int) -> Callable[[bytes], bytes]:
    return lambda raw: raw[:at] + bytes([raw[at] ^ 1]) + raw[at:][1:]


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda raw: b"",
    "cut short": lambda raw: raw[:-1],
    "cut in its head": lambda raw: raw[:20],
    "longer": lambda raw: raw + b"\0",
    "zeros, as after a loss of power": lambda raw: bytes(len(raw)),
    "another file": lambda raw: b"\x7fELF" * 40,
    "a bit of the magic": change(0),
    "a bit of the checksum": change(9),
    "the first bit of the code": change(40),
    "the last bit of the code": change(99),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_damage_is_noticed_and_mended(
    cache: CodeCache, damage: Callable[[bytes], bytes], caplog: pytest.LogCaptureFixture
) -> None:
    cache.put(KEY, bytes(range(60)))
    (entry,) = cache.entries()
    entry.path.write_bytes(damage(entry.path.read_bytes()))
    assert cache.get(KEY) is None
    assert f"{KEY}.code is damaged" in caplog.text
    assert cache.entries() == []
    cache.put(KEY, b"code")
    assert cache.get(KEY) == b"code"


def test_an_entry_of_another_key(cache: CodeCache) -> None:
    """A whole file under a wrong name."""
    cache.put(KEY, b"code")
    cache.entries()[0].path.rename(cache.folder / f"{OTHER}.code")
    assert cache.get(OTHER) is None


# --------------------------------------------------------------------------------------------------------------- the limit


def put_at(cache: CodeCache, key: str, code: bytes, seconds: int) -> None:
    """An entry that was last used so long after the beginning."""
    cache.put(key, code)
    os.utime(cache.folder / f"{key}.code", (seconds, seconds))


def keys(cache: CodeCache) -> list[str]:
    return [entry.path.stem[0] for entry in cache.entries()]


def test_the_least_recently_used_go(cache: CodeCache) -> None:
    for number, key in enumerate("abcd"):
        put_at(cache, key * 64, bytes(2000), number)
    assert keys(cache) == ["d", "c", "b", "a"]
    assert cache.get("a" * 64) is not None  # used now
    cache.put("e" * 64, bytes(5000))
    assert set(keys(cache)) == {"e", "a", "d"}
    assert sum(entry.size for entry in cache.entries()) <= cache.limit


def test_what_is_larger_than_the_limit_is_not_kept(cache: CodeCache) -> None:
    cache.put(KEY, b"code")
    cache.put(OTHER, bytes(10_000))
    assert keys(cache) == ["a"]


def test_a_limit_of_nothing_turns_it_off(cache: CodeCache) -> None:
    cache.put(KEY, b"code")
    off = CodeCache(cache.folder, 0)
    off.put(OTHER, b"")
    assert (off.get(KEY), off.get(OTHER), keys(cache)) == (None, None, ["a"])


def test_what_killed_processes_left_goes_in_time(cache: CodeCache) -> None:
    cache.put(KEY, b"code")
    old, new = cache.folder / "old.part", cache.folder / "new.part"
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - 4000,) * 2)
    cache.put(OTHER, b"code")
    assert (old.exists(), new.exists()) == (False, True)  # another process may be writing the new one


def test_clearing_leaves_the_files_of_others(cache: CodeCache) -> None:
    cache.put(KEY, b"code")
    (cache.folder / "x.part").write_bytes(b"half")
    (cache.folder / "notes.txt").write_text("mine")
    assert cache.clear() == 1
    assert [path.name for path in cache.folder.iterdir()] == ["notes.txt"]


# ------------------------------------------------------------------------------------------------- folders that are of no use


@pytest.mark.parametrize("place", ["its folder", "the folder above"])
def test_a_file_where_the_folder_should_be_is_said_once(tmp_path: Path, place: str, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("")
    cache = CodeCache(tmp_path / "file" if place == "its folder" else tmp_path / "file" / "code", 1000)
    for key in (KEY, OTHER):
        assert cache.get(key) is None
        cache.put(key, b"code")
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "compiled code cannot be kept" in caplog.text
    assert "NETCLI_CACHE names another folder" in caplog.text
    with pytest.raises(OSError, match="Not a directory"):
        cache.entries()


def test_a_folder_where_an_entry_should_be(cache: CodeCache, caplog: pytest.LogCaptureFixture) -> None:
    (cache.folder / f"{KEY}.code" / "full").mkdir(parents=True)
    assert cache.get(KEY) is None
    cache.put(KEY, b"code")
    assert "compiled code cannot be kept" in caplog.text
    assert [path.name for path in cache.folder.iterdir()] == [f"{KEY}.code"]  # nothing unfinished is left


def test_a_full_disk(cache: CodeCache, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    cache.put(KEY, b"code")
    monkeypatch.setattr(Path, "replace", full)
    cache.put(OTHER, b"code")
    assert "No space left on device" in caplog.text
    assert [path.name for path in cache.folder.iterdir()] == [f"{KEY}.code"]
    assert cache.get(KEY) == b"code"


# ---------------------------------------------------------------------------------------------------------- many processes

WRITER = """
import sys
from pathlib import Path
from netcli.executors.cache import CodeCache
cache, size = CodeCache(Path(sys.argv[1]), 60_000), int(sys.argv[2])
for turn in range(150):
    key = f"{turn % 9:064}"
    cache.put(key, key.encode() * size)
    for other in range(9):
        found = cache.get(f"{other:064}")
        assert found is None or found in (f"{other:064}".encode() * 90, f"{other:064}".encode() * 150), (other, len(found))
"""


def test_processes_at_once(tmp_path: Path) -> None:
    """They write and read the same entries, of two contents, and evict one another's; whatever is read is whole."""
    arguments = [[sys.executable, "-c", WRITER, str(tmp_path / "code"), size] for size in ("90", "150", "90")]
    processes = [subprocess.Popen(each, stderr=subprocess.PIPE, text=True) for each in arguments]
    assert [process.communicate()[1] for process in processes] == ["", "", ""]
    assert [process.returncode for process in processes] == [0, 0, 0]
    cache = CodeCache(tmp_path / "code", 60_000)
    assert sum(entry.size for entry in cache.entries()) > 0
    assert not list(cache.folder.glob("*.part"))


# ------------------------------------------------------------------------------------------------------------ where it lies


@pytest.mark.parametrize(
    ("environment", "platform", "folder"),
    [
        ({"NETCLI_CACHE": "/here", "XDG_CACHE_HOME": "/xdg"}, "linux", "/here/code"),
        ({"NETCLI_CACHE": "", "XDG_CACHE_HOME": "/xdg"}, "linux", "/xdg/netcli/code"),
        ({"XDG_CACHE_HOME": "relative"}, "linux", "/home/me/.cache/netcli/code"),
        ({}, "linux", "/home/me/.cache/netcli/code"),
        ({}, "darwin", "/home/me/Library/Caches/netcli/code"),
    ],
    ids=str,
)
def test_where_it_lies(environment: dict[str, str], platform: str, folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "home", lambda: Path("/home/me"))
    cache = code_cache(environment, platform)
    assert (str(cache.folder), cache.limit) == (folder, 256 * 2**20)


def test_without_a_home(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", home)
    cache = code_cache({})
    cache.put(KEY, b"code")
    assert cache.get(KEY) is None
    assert "there is no home folder" in caplog.text


def test_the_limit_is_asked_for() -> None:
    assert code_cache({"NETCLI_CACHE": "/here", "NETCLI_CACHE_MIB": "2"}).limit == 2 * 2**20


@pytest.mark.parametrize("limit", ["-1", "1.5", "much", "٣"])
def test_a_limit_that_is_no_number(limit: str) -> None:
    with pytest.raises(UsageError, match=f'NETCLI_CACHE_MIB is a whole number of MiB, found "{limit}"'):
        code_cache({"NETCLI_CACHE_MIB": limit})
