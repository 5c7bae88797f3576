"""The executors that keep the contract."""

from __future__ import annotations

import pytest
from support.cases import EXECUTOR_CASES
from support.members import ExecutorCase

from netcli.executors import Executor


@pytest.fixture(params=EXECUTOR_CASES)
def executor_case(request: pytest.FixtureRequest) -> ExecutorCase:
    """What its file says of an executor."""
    return EXECUTOR_CASES[request.param]


@pytest.fixture
def runner(executor_case: ExecutorCase) -> Executor:
    """The executor itself."""
    return executor_case.make()
