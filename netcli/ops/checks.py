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
