"""The kernels of convolutions by Winograd's algorithms: of filters, images, and their gradients."""

from __future__ import annotations

from collections.abc import Sequence

from netcli.executors.llvm.expressions import Scope
from netcli.executors.llvm.ir import Epilogue, Layout
from netcli.executors.llvm.kernel import Halo, InPanels, Reduction, Stored
from netcli.executors.llvm.kernels.conv2d_views import conv_halo
from netcli.executors.llvm.kernels.winograd import (
    emit_filter_transform,
    emit_winograd_conv2d,
    emit_winograd_weight_grad,
    filter_layout,
    winograd_scratch,
    winograd_weight_grad_scratch,
)
from netcli.executors.llvm.target import Cpu
from netcli.executors.llvm.winograd import WinogradConv2D, WinogradFilter, WinogradWeightGrad
from netcli.graph import Node, op_of


class TransformedFilters(InPanels):
    """A filter a panel."""

    serves = (WinogradFilter,)

    def emit(self, s: Scope, node: Node, target: Node, epilogue: Epilogue | None) -> None:
        raise AssertionError(f"{node!r} is uniform")

    def layout(self, node: Node) -> Layout:
        return filter_layout(op_of(node, WinogradFilter).form, *node.shape[::2])

    def panels(self, node: Node) -> int:
        return node.shape[0]

    def emit_panel(self, s: Scope, node: Node) -> None:
        op, (w,) = op_of(node, WinogradFilter), node.inputs
        emit_filter_transform(s.e, op.form, s.array(w), s.array(node), op.rotated, (s.part, 1))


class WinogradConvolutions(Stored):
    """Transformed filters on images."""

    serves = (WinogradConv2D,)

    def emit(self, s: Scope, node: Node, target: Node, epilogue: Epilogue | None) -> None:
        op, (x, u) = op_of(node, WinogradConv2D), map(s.array, node.inputs)
        y = s.array(target)
        emit_winograd_conv2d(s.e, s.plan.cpu, op.form, x, u, y, op.window, s.scratch, s.blocks, epilogue)

    def has_epilogue(self, node: Node) -> bool:
        return True

    def halos(self, node: Node) -> Sequence[tuple[Node, Halo]]:
        x, _ = node.inputs
        return [(x, conv_halo(op_of(node, WinogradConv2D).window, (x.shape[1], x.shape[2])))]

    def scratch(self, node: Node, cpu: Cpu) -> int:
        return winograd_scratch(cpu, op_of(node, WinogradConv2D).form, node.shape[0], node.inputs[0].shape[0])


class WinogradFilterGradients(Reduction):
    """Cotangents of filters."""

    serves = (WinogradWeightGrad,)

    def emit(self, s: Scope, node: Node, target: Node, epilogue: Epilogue | None) -> None:
        op, (x, g) = op_of(node, WinogradWeightGrad), node.inputs
        s.empty_lanes_to_zero(g)
        images, cotangents, sums = s.array(x), s.array(g), s.partial(node)
        emit_winograd_weight_grad(s.e, s.plan.cpu, op.form, images, cotangents, sums, op.window, s.scratch, s.blocks)

    def halos(self, node: Node) -> Sequence[tuple[Node, Halo]]:
        x, _ = node.inputs
        return [(x, conv_halo(op_of(node, WinogradWeightGrad).window, (x.shape[1], x.shape[2])))]

    def scratch(self, node: Node, cpu: Cpu) -> int:
        return winograd_weight_grad_scratch(cpu, op_of(node, WinogradWeightGrad).form, *node.shape[:2])
