"""What several operations ask of their inputs."""

from __future__ import annotations

from netcli.errors import GraphError
from netcli.graph import Op, TensorType


def check_floats(op: Op, *types: TensorType) -> None:
    """Raise GraphError unless all inputs are floats of one dtype."""
    if not types[0].is_float or any(t.dtype != types[0].dtype for t in types):
        raise GraphError(f"{op.name} expected floats of one dtype, found {' and '.join(map(str, types))}")


def check_images(op: Op, *types: TensorType) -> None:
    """Raise GraphError unless all inputs are varying `(channels, rows, columns)`."""
    for x in types:
        if len(x.shape) != 3 or not x.varying:
            raise GraphError(f"{op.name} expected varying images of shape (channels, rows, columns), found {x}")


def check_axis(op: Op, axis: int) -> None:
    """Raise GraphError unless an axis is counted from the right."""
    if axis >= 0:
        raise GraphError(f"{op.name} along the axis {axis}: axes count from the right, -1 is the last")


def length_along(op: Op, axis: int, x: TensorType) -> int:
    """The length of an axis counted from the right. Raises GraphError where there is none."""
    if -axis > len(x.shape):
        raise GraphError(f"{op.name} along the axis {axis} of {x}: it has {len(x.shape)} axes")
    return x.shape[axis]
