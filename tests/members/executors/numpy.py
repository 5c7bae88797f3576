"""The reference executor."""

from __future__ import annotations

from support.members import ExecutorCase

from netcli.executors.numpy import NumpyExecutor

CASE = ExecutorCase(make=NumpyExecutor)
