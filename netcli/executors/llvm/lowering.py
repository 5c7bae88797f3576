"""The kernel of each stored node, by its operation. To add a tuned kernel: a file under kernels/ and a case here."""

from __future__ import annotations

from netcli.errors import ExecutorError
from netcli.executors.llvm.expressions import Scope
from netcli.executors.llvm.ir import Array, Layout
from netcli.executors.llvm.kernels.conv2d import emit_conv2d, emit_conv2d_input_grad, emit_conv2d_weight_grad
from netcli.executors.llvm.kernels.dense import emit_dense, emit_dense_weight_grad
from netcli.executors.llvm.kernels.elementwise import emit_batch_sum, emit_expression, emit_sum
from netcli.executors.llvm.kernels.pooling import (
    emit_avg_pool2d,
    emit_avg_pool2d_grad,
    emit_max_pool2d,
    emit_max_pool2d_grad,
    emit_max_pool2d_take,
)
from netcli.executors.llvm.kernels.rows import emit_maximum, emit_softmax
from netcli.executors.llvm.kernels.shifting import emit_shift2d, emit_shift2d_grad
from netcli.executors.llvm.storage import INLINED
from netcli.executors.llvm.target import Cpu
from netcli.graph import Node
from netcli.ops.avg_pool2d import AvgPool2D, AvgPool2DGrad
from netcli.ops.conv2d import Conv2D, Conv2DInputGrad, Conv2DWeightGrad
from netcli.ops.dense import Dense, DenseWeightGrad
from netcli.ops.max_pool2d import MaxPool2D, MaxPool2DGrad, MaxPool2DTake
from netcli.ops.reduce import BatchSum, FirstMaximum, Max, Sum
from netcli.ops.shift2d import Shift2D, Shift2DGrad
from netcli.ops.softmax import LogSoftmax, Softmax


def emit_block_kernel(s: Scope, node: Node, cpu: Cpu) -> None:
    """The code that stores a node of a block phase (a reduction adds to its group's sums)."""
    match node.op:
        case Conv2D() | Conv2DInputGrad() | Conv2DWeightGrad():
            _convolution(s, node, cpu)
        case Dense() | DenseWeightGrad():
            _dense(s, node, cpu)
        case MaxPool2D() | MaxPool2DGrad() | MaxPool2DTake() | AvgPool2D() | AvgPool2DGrad():
            _pooling(s, node)
        case Shift2D() | Shift2DGrad():
            _shift(s, node)
        case Softmax() | LogSoftmax():
            emit_softmax(s, node)
        case Max() | FirstMaximum():
            emit_maximum(s, node)
        case Sum():
            emit_sum(s, node)
        case BatchSum():
            emit_batch_sum(s, node)
        case _ if isinstance(node.op, INLINED):
            emit_expression(s, node)
        case _:
            raise ExecutorError(f"the llvm executor has no kernel for {node!r}")


def _convolution(s: Scope, node: Node, cpu: Cpu) -> None:
    match node.op, node.inputs:
        case Conv2D(window=window, groups=groups), (x, w):
            emit_conv2d(s.e, cpu, s.array(x), s.array(w), s.array(node), window, groups, s.blocks)
        case Conv2DInputGrad(window=window, groups=groups), (w, g):
            emit_conv2d_input_grad(s.e, cpu, s.array(w), s.array(g), s.array(node), window, groups, s.blocks)
        case Conv2DWeightGrad(window=window, groups=groups), (x, g):
            _empty_lanes_to_zero(s, g)
            emit_conv2d_weight_grad(s.e, cpu, s.array(x), s.array(g), s.partial(node), window, groups, s.blocks)


def _dense(s: Scope, node: Node, cpu: Cpu) -> None:
    match node.op, node.inputs:
        case Dense(transposed=transposed), (x, w):
            emit_dense(s.e, cpu, s.array(x), s.array(w), s.array(node), transposed, s.blocks)
        case DenseWeightGrad(), (x, g):
            _empty_lanes_to_zero(s, g)
            scratch = Array(s.e.b.gep(s.local, [s.e.index(s.plan.scratch)]), Layout.dense((1,)), varying=False)
            emit_dense_weight_grad(s.e, cpu, s.array(x), s.array(g), s.partial(node), scratch, s.blocks)


def _pooling(s: Scope, node: Node) -> None:
    y = s.array(node)
    inputs = [s.array(x) for x in node.inputs]
    match node.op:
        case MaxPool2D(window=window):
            emit_max_pool2d(s.e, inputs[0], y, window, s.blocks)
        case MaxPool2DGrad(window=window):
            _, rows, columns = node.shape
            emit_max_pool2d_grad(s.e, inputs[0], inputs[1], y, window, (rows, columns), s.blocks)
        case MaxPool2DTake(window=window):
            emit_max_pool2d_take(s.e, inputs[0], inputs[1], y, window, s.blocks)
        case AvgPool2D(window=window):
            emit_avg_pool2d(s.e, inputs[0], y, window, s.blocks)
        case AvgPool2DGrad(window=window, image=image):
            emit_avg_pool2d_grad(s.e, inputs[0], y, window, image, s.blocks)


def _shift(s: Scope, node: Node) -> None:
    x, rows, columns = map(s.array, node.inputs)
    match node.op:
        case Shift2D(fill=fill):
            emit_shift2d(s.e, x, rows, columns, s.array(node), fill, s.blocks)
        case Shift2DGrad(fill=fill):
            emit_shift2d_grad(s.e, x, rows, columns, s.array(node), fill, s.blocks)


def _empty_lanes_to_zero(s: Scope, node: Node) -> None:
    """In the last block of a batch, clear what a reduction over lanes must not count. Empty lanes matter to nobody else."""
    e, array = s.e, s.array(node)
    last = e.b.sub(s.blocks, e.index(1))
    end = e.mul(e.add(s.first, s.blocks), 16)
    with e.b.if_then(e.b.icmp_signed("<", s.examples, e.index(end))):
        kept = s.occupied(last)
        with s.over(node.shape) as indices:
            address = e.address(array, indices, last)
            e.store(e.b.select(kept, e.load(address), e.splat(0.0)), address)
