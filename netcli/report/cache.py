"""The cache of compiled code as a table."""

from __future__ import annotations

from collections.abc import Sequence

from netcli import numbers
from netcli.report.table import Column, Table


def cache_table(folder: str, sizes: Sequence[int], limit: int) -> Table:
    """Where it is, how many entries it has, and how many bytes they take and may take."""
    columns = (Column("folder"), Column("entries", "right"), Column("size", "right"), Column("limit", "right"))
    row = (folder, numbers.count(len(sizes)), numbers.size(sum(sizes)), numbers.size(limit))
    return Table(None, columns, (row,), "netcli cache --clear removes all entries")
