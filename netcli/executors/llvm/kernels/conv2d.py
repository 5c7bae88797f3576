"""Convolution and its gradients, a file for each; everything that the executor needs of them."""

from netcli.executors.llvm.kernels.conv2d_forward import emit_conv2d
from netcli.executors.llvm.kernels.conv2d_input_grad import emit_conv2d_input_grad
from netcli.executors.llvm.kernels.conv2d_views import conv_halo, input_grad_halo
from netcli.executors.llvm.kernels.conv2d_weight_grad import emit_conv2d_weight_grad

__all__ = ["conv_halo", "emit_conv2d", "emit_conv2d_input_grad", "emit_conv2d_weight_grad", "input_grad_halo"]
