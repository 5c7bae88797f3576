"""Gradient checking: reverse mode against finite differences, forward mode against reverse mode, float32 against float64."""

from netcli.autodiff.gradcheck.blame import Fault, blame
from netcli.autodiff.gradcheck.check import Check, CheckSettings, Evidence, Kind, Precision, Verdict, merged
from netcli.autodiff.gradcheck.float32 import check_float32, check_operations_float32
from netcli.autodiff.gradcheck.function import Evaluate
from netcli.autodiff.gradcheck.graph import check_graph
from netcli.autodiff.gradcheck.operation import check_operation, check_operations, sample_inputs
from netcli.autodiff.gradcheck.self_test import Error, Planted, self_test

__all__ = [
    "Check", "CheckSettings", "Error", "Evaluate", "Evidence", "Fault", "Kind", "Planted", "Precision", "Verdict", "blame",
    "check_float32", "check_graph", "check_operation", "check_operations", "check_operations_float32", "merged",
    "sample_inputs", "self_test",
]  # fmt: skip
