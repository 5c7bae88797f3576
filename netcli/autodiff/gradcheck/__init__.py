"""Gradient checking: reverse mode against finite differences, forward mode against reverse mode, float32 against float64."""

from netcli.autodiff.gradcheck.check import Check, CheckSettings, Kind, Precision, Verdict, merged
from netcli.autodiff.gradcheck.float32 import check_float32, check_operations_float32
from netcli.autodiff.gradcheck.function import Evaluate
from netcli.autodiff.gradcheck.graph import check_graph
from netcli.autodiff.gradcheck.operation import check_operation, check_operations

__all__ = [
    "Check", "CheckSettings", "Evaluate", "Kind", "Precision", "Verdict", "check_float32", "check_graph", "check_operation",
    "check_operations", "check_operations_float32", "merged",
]  # fmt: skip
