"""The operations, one file each (or a family that shares its definition): all that is known of an operation stands in its file.

The functions here build nodes. `operations()` lists every class; tests and `netcli gradcheck` run over it.
"""

from functools import cache

from netcli.graph import Op
from netcli.ops.arithmetic import total
from netcli.ops.avg_pool2d import avg_pool2d
from netcli.ops.clip import clip
from netcli.ops.concat import concat
from netcli.ops.conv2d import conv2d, conv2d_transposed
from netcli.ops.dense import dense
from netcli.ops.erf import erf
from netcli.ops.exponential import exp, expm1, log, sqrt
from netcli.ops.max_pool2d import max_pool2d
from netcli.ops.one_hot import one_hot
from netcli.ops.random_uniform import random_uniform
from netcli.ops.reduce import batch_broadcast, batch_mean, batch_sum, first_maximum, max_over, norm, sum_over
from netcli.ops.relu import absolute, relu
from netcli.ops.select import greater, maximum, minimum, select
from netcli.ops.shape import broadcast, cast, reshape, reverse, transpose
from netcli.ops.shift2d import shift2d
from netcli.ops.sigmoid import sigmoid, softplus, tanh
from netcli.ops.sign import sign
from netcli.ops.slice import pad, part
from netcli.ops.softmax import log_softmax, softmax
from netcli.ops.trigonometric import cos, sin
from netcli.ops.window import Window, same_padding
from netcli.settings import discover

__all__ = [
    "Window",
    "absolute",
    "avg_pool2d",
    "batch_broadcast",
    "batch_mean",
    "batch_sum",
    "broadcast",
    "cast",
    "clip",
    "concat",
    "conv2d",
    "conv2d_transposed",
    "cos",
    "dense",
    "erf",
    "exp",
    "expm1",
    "first_maximum",
    "greater",
    "log",
    "log_softmax",
    "max_over",
    "max_pool2d",
    "maximum",
    "minimum",
    "norm",
    "one_hot",
    "operations",
    "pad",
    "part",
    "random_uniform",
    "relu",
    "reshape",
    "reverse",
    "same_padding",
    "select",
    "shift2d",
    "sigmoid",
    "sign",
    "sin",
    "softmax",
    "softplus",
    "sqrt",
    "sum_over",
    "tanh",
    "total",
    "transpose",
]


@cache
def operations() -> tuple[type[Op], ...]:
    """Every operation, in the order of files."""
    return tuple(discover("netcli.ops", Op))  # type: ignore[type-abstract]
