"""Gradient checking: reverse mode against finite differences, forward mode against reverse mode, first and second order."""

from netcli.autodiff.gradcheck.check import Check, CheckSettings, Kind, Verdict, merged
from netcli.autodiff.gradcheck.function import Evaluate
from netcli.autodiff.gradcheck.graph import check_graph
from netcli.autodiff.gradcheck.operation import check_operation, check_operations

__all__ = [
    "Check", "CheckSettings", "Evaluate", "Kind", "Verdict", "check_graph", "check_operation", "check_operations", "merged",
]  # fmt: skip
