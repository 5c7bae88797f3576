"""What operations that compute with floats ask of their inputs."""

from __future__ import annotations

from netcli.errors import GraphError
from netcli.graph import Op, TensorType


def check_floats(op: Op, *types: TensorType) -> None:
    """Raise GraphError unless all inputs are floats of one dtype."""
    if not types[0].is_float or any(t.dtype != types[0].dtype for t in types):
        raise GraphError(f"{op.name} expected floats of one dtype, found {' and '.join(map(str, types))}")
