"""`netcli cache`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from support.runs import call, config_of, document, environment, netcli, refused, succeed

from netcli.executors.cache import CodeCache


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CodeCache:
    """Two entries of 1000 bytes of code, where the command looks."""
    monkeypatch.setenv("NETCLI_CACHE", str(tmp_path))
    cache = CodeCache(tmp_path / "code", 2**20)
    for key in "ab":
        cache.put(key * 64, bytes(1000))
    return cache


def test_it_is_shown(cache: CodeCache) -> None:
    row = next(line for line in succeed("cache").stdout.splitlines() if line.startswith(str(cache.folder)))
    assert row.removeprefix(str(cache.folder)).split() == ["2", "2.03", "KiB", "256", "MiB"]


def test_as_json(cache: CodeCache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETCLI_CACHE_MIB", "3")
    size = sum(path.stat().st_size for path in cache.folder.iterdir())
    expected = {"folder": str(cache.folder), "entries": 2, "bytes": size, "limit_bytes": 3 * 2**20, "removed": 0}
    assert document("cache") == expected
    assert document("cache", "--clear") == {**expected, "entries": 0, "bytes": 0, "removed": 2}


def test_it_is_cleared(cache: CodeCache) -> None:
    assert succeed("cache", "--clear").stdout.startswith("removed 2 entries\n")
    assert list(cache.folder.iterdir()) == []
    assert succeed("cache", "--clear").stdout.startswith("removed 0 entries\n")


def test_a_folder_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETCLI_CACHE", str(tmp_path / "not there"))
    assert document("cache")["entries"] == 0
    assert list(tmp_path.iterdir()) == []


def test_a_file_where_the_folder_should_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("NETCLI_CACHE", str(tmp_path / "file"))
    assert f"the cache cannot be read: {tmp_path / 'file' / 'code'}: Not a directory" in refused("cache")
    assert "the cache cannot be cleared" in refused("cache", "--clear")


def test_it_needs_no_llvmlite(cache: CodeCache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "llvmlite", None)
    for name in [name for name in sys.modules if name.startswith("netcli.executors.llvm")]:
        monkeypatch.delitem(sys.modules, name)
    assert call("cache").exit_code == 0


def test_training_goes_on_without_a_cache(tmp_path: Path) -> None:
    """And says so once, however many graphs it compiles."""
    pytest.importorskip("llvmlite")
    (tmp_path / "file").write_text("")
    train = ["train", config_of(tmp_path), "--executor", "llvm", "--run-dir", tmp_path / "run", "--json"]
    done = netcli(*train, env=environment(NETCLI_CACHE=str(tmp_path / "file")))
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("warning: compiled code cannot be kept") == 1
