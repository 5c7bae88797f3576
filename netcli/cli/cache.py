"""`netcli cache`."""

from __future__ import annotations

from typing import Annotated

import typer

from netcli.cli.command import Group, command
from netcli.cli.running import JsonOption, print_json, results
from netcli.errors import UsageError


@command(Group.TIDY)
def cache(
    clear: Annotated[bool, typer.Option("--clear", help="Remove all compiled code.")] = False,
    json: JsonOption = False,
) -> None:
    """Show or clear the cache of compiled code.

    The llvm executor keeps there what it has compiled, so that the same network is not compiled again. NETCLI_CACHE names
    another folder; NETCLI_CACHE_MIB sets another limit, and 0 keeps nothing.
    """
    from netcli.executors.cache import code_cache  # noqa: PLC0415 - heavy
    from netcli.report.cache import cache_table  # noqa: PLC0415

    files = code_cache()
    try:
        removed = files.clear() if clear else 0
        sizes = [entry.size for entry in files.entries()]
    except OSError as error:
        message = f"the cache cannot be {'cleared' if clear else 'read'}: {error.filename}: {error.strerror}"
        raise UsageError(message, hint="NETCLI_CACHE names another folder") from error
    if json:
        found = {"folder": str(files.folder), "entries": len(sizes), "bytes": sum(sizes), "limit_bytes": files.limit}
        print_json({**found, "removed": removed})
        return
    if clear:
        results().line(f"removed {removed} {'entry' if removed == 1 else 'entries'}")
    results().table(cache_table(str(files.folder), sizes, files.limit))
