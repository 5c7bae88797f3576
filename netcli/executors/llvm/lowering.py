"""The kernel of each stored node, by its operation. To add a tuned kernel: a file under kernels/ and a case here."""

from __future__ import annotations

from netcli.errors import ExecutorError
from netcli.executors.llvm.expressions import Scope
from netcli.executors.llvm.ir import Epilogue
from netcli.executors.llvm.kernels.conv2d import emit_conv2d, emit_conv2d_input_grad, emit_conv2d_weight_grad
from netcli.executors.llvm.kernels.dense import (
    emit_cotangents,
    emit_dense,
    emit_dense_weight_grad,
    weight_grad_scratch,
    weight_grad_strips,
)
from netcli.executors.llvm.kernels.elementwise import emit_batch_sum, emit_expression, emit_narrow, emit_sum
from netcli.executors.llvm.kernels.pooling import (
    emit_avg_pool2d,
    emit_avg_pool2d_grad,
    emit_max_pool2d,
    emit_max_pool2d_grad,
    emit_max_pool2d_take,
)
from netcli.executors.llvm.kernels.rows import emit_maximum, emit_softmax
from netcli.executors.llvm.kernels.shifting import emit_shift2d, emit_shift2d_grad
from netcli.executors.llvm.kernels.winograd import emit_filter_transform, emit_winograd_conv2d, emit_winograd_weight_grad
from netcli.executors.llvm.storage import INLINED
from netcli.executors.llvm.target import Cpu
from netcli.executors.llvm.winograd import WinogradConv2D, WinogradFilter, WinogradWeightGrad
from netcli.graph import Node
from netcli.ops.avg_pool2d import AvgPool2D, AvgPool2DGrad
from netcli.ops.conv2d import Conv2D, Conv2DInputGrad, Conv2DWeightGrad
from netcli.ops.dense import Dense, DenseWeightGrad
from netcli.ops.max_pool2d import MaxPool2D, MaxPool2DGrad, MaxPool2DTake
from netcli.ops.reduce import BatchSum, FirstMaximum, Max, Sum
from netcli.ops.shift2d import Shift2D, Shift2DGrad
from netcli.ops.softmax import LogSoftmax, Softmax


def emit_block_kernel(s: Scope, node: Node, cpu: Cpu) -> None:
    """The code that stores a node of a block phase; a reduction adds to its group's sums, a late one prepares its cotangents.

    A node that is fused with its producer is stored by the producer's kernel, whose epilogue computes it.
    """
    producer = s.schedule.fused.get(node)
    epilogue = s.epilogue(node, producer) if producer else None
    kernel = producer or node
    match kernel.op:
        case Conv2D() | Conv2DInputGrad() | Conv2DWeightGrad():
            _convolution(s, kernel, node, cpu, epilogue)
        case WinogradConv2D() | WinogradWeightGrad():
            _winograd(s, kernel, node, cpu, epilogue)
        case Dense() | DenseWeightGrad():
            _dense(s, kernel, node, cpu, epilogue)
        case MaxPool2D() | MaxPool2DGrad() | MaxPool2DTake() | AvgPool2D() | AvgPool2DGrad():
            _pooling(s, kernel, node, epilogue)
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


def emit_uniform_kernel(s: Scope, node: Node) -> None:
    """The code that stores a uniform value, computed by one thread."""
    match node.op:
        case Softmax() | LogSoftmax():
            emit_softmax(s, node)
        case Max() | FirstMaximum():
            emit_maximum(s, node)
        case _ if isinstance(node.op, (*INLINED, Sum)):
            emit_narrow(s, node)
        case _:
            raise ExecutorError(f"the llvm executor has no kernel for {node!r}, a uniform value")


def _convolution(s: Scope, node: Node, target: Node, cpu: Cpu, epilogue: Epilogue | None) -> None:
    strip = (s.part, s.plan.shared[target]) if target in s.plan.shared else None
    match node.op, node.inputs:
        case Conv2D(window=window, groups=groups), (x, w):
            emit_conv2d(s.e, cpu, s.array(x), s.array(w), s.array(target), window, groups, s.blocks, epilogue, strip)
        case Conv2DInputGrad(window=window, groups=groups), (w, g):
            emit_conv2d_input_grad(s.e, cpu, s.array(w), s.array(g), s.array(target), window, groups, s.blocks, epilogue, strip)
        case Conv2DWeightGrad(window=window, groups=groups), (x, g):
            _empty_lanes_to_zero(s, g)
            emit_conv2d_weight_grad(s.e, cpu, s.array(x), s.array(g), s.partial(node), window, groups, s.blocks, strip)


def _winograd(s: Scope, node: Node, target: Node, cpu: Cpu, epilogue: Epilogue | None) -> None:
    match node.op, node.inputs:
        case WinogradConv2D(form=form, window=window), (x, u):
            images, filters, results = s.array(x), s.array(u), s.array(target)
            emit_winograd_conv2d(s.e, cpu, form, images, filters, results, window, s.scratch, s.blocks, epilogue)
        case WinogradWeightGrad(form=form, window=window), (x, g):
            _empty_lanes_to_zero(s, g)
            images, cotangents, sums = s.array(x), s.array(g), s.partial(node)
            emit_winograd_weight_grad(s.e, cpu, form, images, cotangents, sums, window, s.scratch, s.blocks)


def _dense(s: Scope, node: Node, target: Node, cpu: Cpu, epilogue: Epilogue | None) -> None:
    match node.op, node.inputs:
        case Dense(transposed=transposed), (x, w):
            emit_dense(s.e, cpu, s.array(x), s.array(w), s.array(target), transposed, s.blocks, epilogue)
        case DenseWeightGrad(), (_, g):
            room = weight_grad_scratch(node.shape[1])
            scratch = s.e.b.gep(s.partials(node), [s.e.index(s.e.mul(s.in_round, room))])
            emit_cotangents(s.e, s.array(g), scratch, s.occupied, s.blocks)


def strips(node: Node, cpu: Cpu) -> int:
    """Into how many parts the work for a late node, or for a uniform one, is cut, which the threads share."""
    return node.shape[0] if isinstance(node.op, WinogradFilter) else weight_grad_strips(cpu, *node.shape)


def emit_strip(s: Scope, node: Node) -> None:
    """The code that stores a strip of a uniform node."""
    match node.op, node.inputs:
        case WinogradFilter(form=form, rotated=rotated), (w,):
            emit_filter_transform(s.e, form, s.array(w), s.array(node), rotated, (s.part, 1))


def emit_late_kernel(s: Scope, node: Node, cpu: Cpu) -> None:
    """The code that sums a strip of a late reduction over the blocks of a round, which begins with `first`."""
    x, _ = node.inputs
    adding = s.e.b.icmp_signed("!=", s.first, s.e.index(0))
    emit_dense_weight_grad(s.e, cpu, s.array(x), s.partials(node), s.array(node), s.part, s.blocks, adding)


def _pooling(s: Scope, node: Node, target: Node, epilogue: Epilogue | None) -> None:
    y = s.array(target)
    inputs = [s.array(x) for x in node.inputs]
    match node.op:
        case MaxPool2D(window=window):
            emit_max_pool2d(s.e, inputs[0], y, window, s.blocks)
        case MaxPool2DGrad(window=window):
            _, rows, columns = node.shape
            emit_max_pool2d_grad(s.e, inputs[0], inputs[1], y, window, (rows, columns), s.blocks, epilogue)
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
