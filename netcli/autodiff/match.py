"""Broadcasting undone, in one place, for both modes."""

from __future__ import annotations

from netcli.graph import Node
from netcli.ops import batch_broadcast, batch_sum, broadcast, reshape, sum_over


def match(value: Node, node: Node) -> Node:
    """A cotangent or tangent of `node`, brought to its type.

    Where the forward operation broadcast (uniform to varying, an axis of 1 to a longer one, a scalar to anything), the
    cotangent is summed; where it summed, the cotangent is broadcast. Both follow from the two types alone.
    """
    shape = node.shape
    if value.shape != shape and not shape:
        value = sum_over(value)
    if value.shape != shape and not value.shape:
        value = reshape(value, (1,) * len(shape))
    summed = [axis - len(shape) for axis, (n, m) in enumerate(zip(value.shape, shape, strict=True)) if m == 1 != n]
    if summed:
        value = sum_over(value, summed)
    if value.type.varying and not node.type.varying:
        value = batch_sum(value)
    value = broadcast(value, shape)
    if node.type.varying and not value.type.varying:
        value = batch_broadcast(value, like=node)
    return value
