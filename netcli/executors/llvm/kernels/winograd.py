"""Winograd's algorithms for convolutions with windows of 3 × 3 and stride 1; everything that the executor needs of them."""

from netcli.executors.llvm.kernels.winograd_choice import (
    Convolution,
    winograd_conv2d_form,
    winograd_input_grad_form,
    winograd_serves,
    winograd_weight_grad_form,
)
from netcli.executors.llvm.kernels.winograd_filter import emit_filter_transform, filter_layout
from netcli.executors.llvm.kernels.winograd_forms import F2, F4, Form
from netcli.executors.llvm.kernels.winograd_forward import (
    emit_winograd_conv2d,
    turned_around,
    winograd_scratch,
)
from netcli.executors.llvm.kernels.winograd_weight_grad import emit_winograd_weight_grad, winograd_weight_grad_scratch

__all__ = [
    "F2",
    "F4",
    "Convolution",
    "Form",
    "emit_filter_transform",
    "emit_winograd_conv2d",
    "emit_winograd_weight_grad",
    "filter_layout",
    "turned_around",
    "winograd_conv2d_form",
    "winograd_input_grad_form",
    "winograd_scratch",
    "winograd_serves",
    "winograd_weight_grad_form",
    "winograd_weight_grad_scratch",
]
