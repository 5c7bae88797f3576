"""How a kernel comes to its operation."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType

import pytest

from netcli.errors import ExecutorError
from netcli.executors.llvm import LlvmExecutor, kernel
from netcli.executors.llvm.kernel import ByForward, Kernel, kernel_of
from netcli.graph import Array, Graph, Node, TensorType, placeholder
from netcli.ops.arithmetic import Add
from netcli.ops.elementwise import Unary
from netcli.ops.reduce import Sum


@dataclass(frozen=True)
class Cube(Unary):
    """x³, which nothing but this file knows."""

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        return arrays[0] ** 3

    def derivative(self, node: Node) -> Node:
        return 3.0 * node.inputs[0] * node.inputs[0]


@dataclass(frozen=True)
class SumOfSquares(Sum):
    """Σx²: derived from an operation that has a kernel, which computes something else."""

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        return super().forward(xp, arrays[0] ** 2)


def test_what_works_element_by_element_is_served_unasked() -> None:
    assert isinstance(kernel_of(Cube()), ByForward)
    assert isinstance(kernel_of(Add()), ByForward)


def test_a_kernel_serves_no_class_derived_from_its_own() -> None:
    x = placeholder("x", TensorType((3,), "float32", varying=True))
    y = Node(SumOfSquares((-1,)), (x,))
    with pytest.raises(ExecutorError, match="no code for sum_of_squares, a sum_of_squares") as caught:
        LlvmExecutor(1).compile(Graph({"y": y})).prepare(1)
    assert caught.value.hint == "executor: numpy runs every operation; llvm those that are derived from Elementwise, too"


def test_two_kernels_of_one_operation_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class One(Kernel):
        serves = (Sum,)

    class Other(Kernel):
        serves = (Add, Sum)

    monkeypatch.setattr(kernel, "discover", lambda package, base: [One, Other])
    with pytest.raises(TypeError, match="Sum is served by One and by Other"):
        kernel._kernels.__wrapped__()
