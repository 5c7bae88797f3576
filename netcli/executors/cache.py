"""Compiled code on disk, by key, so that the same is compiled once.

An entry is a file named after its key. It holds a checksum of the key and of the code: what was cut short, altered or renamed
is noticed, removed, and compiled again. Files are written beside their place and renamed, so that processes may write and read
at once. When the files take more room than the limit, those not used for the longest time go.

Entries are native code that is run: the folder is made for its owner alone.
"""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from netcli.errors import UsageError

#: MiB of compiled code that are kept, unless NETCLI_CACHE_MIB says otherwise; a small network's step takes 0.1.
DEFAULT_MIB = 256

_MAGIC = b"netcli 1"
_CHECKSUM = 32
_ENTRY, _UNFINISHED = ".code", ".part"
#: Seconds after which a file that is still unfinished belongs to a process that was killed.
_ABANDONED = 3600

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Entry:
    """A file of the cache: its size in bytes, and when it was last used, in nanoseconds."""

    path: Path
    size: int
    used: int


class CodeCache:
    """The files of a folder; at most `limit` bytes of them, and none if that is 0.

    No method but `entries` and `clear` raises OSError: a cache that cannot be used is said once, and costs time, no training.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self.folder, self.limit = folder, limit

    def get(self, key: str) -> bytes | None:
        """The code of a key, if it is there and whole."""
        if not self.limit:
            return None
        path = self._path(key)
        try:
            raw = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            self._say(error)
            return None
        checksum, code = raw[len(_MAGIC) : len(_MAGIC) + _CHECKSUM], raw[len(_MAGIC) + _CHECKSUM :]
        if not raw.startswith(_MAGIC) or checksum != _checksum(key, code):
            _log.warning("warning: %s is damaged; what it held is compiled again", path)
            self._remove(path)
            return None
        with suppress(OSError):  # a folder that can only be read serves as well; nothing is ever evicted from it
            os.utime(path)
        return code

    def put(self, key: str, code: bytes) -> None:
        """Keep code under a key."""
        self.put_all({key: code})

    def put_all(self, codes: Mapping[str, bytes]) -> None:
        """Keep each code under its key."""
        whole = {key: _MAGIC + _checksum(key, code) + code for key, code in codes.items()}
        fitting = {key: raw for key, raw in whole.items() if len(raw) <= self.limit}
        if not fitting:
            return
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for key, raw in fitting.items():
                self._write(self._path(key), raw)
            self._evict()
        except OSError as error:
            self._say(error)

    def entries(self) -> list[Entry]:
        """All entries, the one last used first. Raises OSError."""
        return sorted(self._files(_ENTRY), key=lambda entry: (-entry.used, entry.path))

    def clear(self) -> int:
        """Remove all entries, and what killed processes left: how many entries there were. Raises OSError."""
        entries = self.entries()
        for entry in [*entries, *self._files(_UNFINISHED)]:
            entry.path.unlink(missing_ok=True)
        return len(entries)

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}{_ENTRY}"

    def _files(self, suffix: str) -> Iterator[Entry]:
        with suppress(FileNotFoundError):  # nothing was kept yet
            for path in self.folder.iterdir():
                if path.suffix == suffix:
                    with suppress(FileNotFoundError):  # another process has removed it
                        status = path.stat()
                        yield Entry(path, status.st_size, status.st_mtime_ns)

    def _write(self, path: Path, raw: bytes) -> None:
        handle, name = tempfile.mkstemp(suffix=_UNFINISHED, dir=self.folder)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(raw)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def _evict(self) -> None:
        for unfinished in self._files(_UNFINISHED):
            if time.time() - unfinished.used * 1e-9 > _ABANDONED:
                unfinished.path.unlink(missing_ok=True)
        room = self.limit
        for entry in self.entries():
            room -= entry.size
            if room < 0:
                entry.path.unlink(missing_ok=True)

    def _remove(self, path: Path) -> None:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            self._say(error)

    def _say(self, error: Exception) -> None:
        _say_once(self.folder, f"compiled code cannot be kept ({error})")


_said: set[Path] = set()


def _say_once(folder: Path, text: str) -> None:
    """A warning that is given once about a folder, however many graphs are compiled."""
    if folder not in _said:
        _said.add(folder)
        _log.warning("warning: %s; NETCLI_CACHE names another folder for it", text)


def _checksum(key: str, code: bytes) -> bytes:
    return blake2b(key.encode() + code, digest_size=_CHECKSUM).digest()


def code_cache(environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> CodeCache:
    """The cache that the environment asks for. Raises UsageError."""
    said = environment.get("NETCLI_CACHE_MIB") or str(DEFAULT_MIB)
    if not (said.isascii() and said.isdigit()):
        hint = f"0 keeps nothing; the default is {DEFAULT_MIB}"
        raise UsageError(f'NETCLI_CACHE_MIB is a whole number of MiB, found "{said}"', hint=hint)
    try:
        return CodeCache(_folder(environment, platform) / "code", int(said) * 2**20)
    except RuntimeError as error:
        nowhere = Path(os.devnull)
        _say_once(nowhere, f"compiled code is not kept, there is no home folder ({error})")
        return CodeCache(nowhere, 0)


def _folder(environment: Mapping[str, str], platform: str) -> Path:
    """NETCLI_CACHE, or netcli's folder where the system keeps caches (XDG base directory specification; macOS: Library)."""
    if environment.get("NETCLI_CACHE"):
        return Path(environment["NETCLI_CACHE"]).absolute()
    xdg = Path(environment.get("XDG_CACHE_HOME") or ".")
    if xdg.is_absolute():  # others are to be ignored
        return xdg / "netcli"
    return Path.home() / ("Library/Caches/netcli" if platform == "darwin" else ".cache/netcli")
