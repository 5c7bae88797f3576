"""Convolution and its gradients, a file for each; everything that the executor needs of them."""

from __future__ import annotations

from collections.abc import Sequence

from llvmlite import ir

from netcli.executors.llvm.expressions import Scope
from netcli.executors.llvm.ir import Epilogue
from netcli.executors.llvm.kernel import Halo, Reduction, Stored
from netcli.executors.llvm.kernels.conv2d_forward import emit_conv2d
from netcli.executors.llvm.kernels.conv2d_input_grad import emit_conv2d_input_grad
from netcli.executors.llvm.kernels.conv2d_views import conv_halo, input_grad_halo
from netcli.executors.llvm.kernels.conv2d_weight_grad import emit_conv2d_weight_grad
from netcli.graph import Node, op_of
from netcli.ops.conv2d import Conv2D, Conv2DInputGrad, Conv2DWeightGrad

__all__ = ["conv_halo", "emit_conv2d", "emit_conv2d_input_grad", "emit_conv2d_weight_grad", "input_grad_halo"]


class Convolutions(Stored):
    """Filters on images."""

    serves = (Conv2D,)

    def emit(self, s: Scope, node: Node, target: Node, epilogue: Epilogue | None) -> None:
        op, (x, w) = op_of(node, Conv2D), map(s.array, node.inputs)
        y, panel = s.array(target), _panel(s, target)
        emit_conv2d(s.e, s.plan.cpu, x, w, y, op.window, op.groups, s.blocks, epilogue, panel)

    def has_epilogue(self, node: Node) -> bool:
        return True

    def halos(self, node: Node) -> Sequence[tuple[Node, Halo]]:
        x, _ = node.inputs
        return [(x, conv_halo(op_of(node, Conv2D).window, (x.shape[1], x.shape[2])))]

    def is_shared(self, node: Node) -> bool:
        return op_of(node, Conv2D).groups == 1


class InputGradients(Stored):
    """Cotangents of images."""

    serves = (Conv2DInputGrad,)

    def emit(self, s: Scope, node: Node, target: Node, epilogue: Epilogue | None) -> None:
        op, (w, g) = op_of(node, Conv2DInputGrad), map(s.array, node.inputs)
        dx, panel = s.array(target), _panel(s, target)
        emit_conv2d_input_grad(s.e, s.plan.cpu, w, g, dx, op.window, op.groups, s.blocks, epilogue, panel)

    def has_epilogue(self, node: Node) -> bool:
        return True

    def halos(self, node: Node) -> Sequence[tuple[Node, Halo]]:
        op = op_of(node, Conv2DInputGrad)
        return [(node.inputs[1], input_grad_halo(op.window, op.image))]

    def is_shared(self, node: Node) -> bool:
        return op_of(node, Conv2DInputGrad).groups == 1


class FilterGradients(Reduction):
    """Cotangents of filters."""

    serves = (Conv2DWeightGrad,)

    def emit(self, s: Scope, node: Node, target: Node, epilogue: Epilogue | None) -> None:
        op, (x, g) = op_of(node, Conv2DWeightGrad), node.inputs
        panel = _panel(s, target)
        s.empty_lanes_to_zero(g)
        emit_conv2d_weight_grad(s.e, s.plan.cpu, s.array(x), s.array(g), s.partial(node), op.window, op.groups, s.blocks, panel)

    def halos(self, node: Node) -> Sequence[tuple[Node, Halo]]:
        x, _ = node.inputs
        return [(x, conv_halo(op_of(node, Conv2DWeightGrad).window, (x.shape[1], x.shape[2])))]

    def is_shared(self, node: Node) -> bool:
        return op_of(node, Conv2DWeightGrad).groups == 1


def _panel(s: Scope, target: Node) -> tuple[ir.Value, int] | None:
    """The number of this thread's panel of channels, and how many there are, where threads share the kernel."""
    return (s.part, s.plan.shared[target]) if target in s.plan.shared else None
