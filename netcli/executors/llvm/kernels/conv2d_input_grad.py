"""Input gradient of a convolution: convolutions over the cotangent."""

from __future__ import annotations

from llvmlite import ir

from netcli.executors.llvm.ir import Array, Emitter, Epilogue
from netcli.executors.llvm.kernels.conv2d_forward import emit_correlation
from netcli.executors.llvm.kernels.conv2d_views import Panel, input_gradients
from netcli.executors.llvm.target import Cpu
from netcli.ops.window import Window


def emit_conv2d_input_grad(
    e: Emitter,
    cpu: Cpu,
    w: Array,
    g: Array,
    dx: Array,
    window: Window,
    groups: int,
    blocks: ir.Value,
    epilogue: Epilogue | None = None,
    panel: Panel | None = None,
) -> None:
    """dx = conv2d_input_grad(w, g): uniform w, varying g with at least the halo `input_grad_halo`, varying dx `(c, h, w)`.

    A place of the image meets the taps of its residue modulo the stride and no others: one convolution for each residue.
    """
    for job in input_gradients(w, g, dx, window, groups):
        emit_correlation(e, cpu, job, blocks, epilogue, panel)
