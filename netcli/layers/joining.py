"""How values of one example are joined: side by side along the channels, or element by element."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from functools import reduce

from netcli.graph import Node
from netcli.layers.building import LayerError, shape_text
from netcli.ops import concat, reshape


def added(word: str, parts: Mapping[str, Node]) -> Node:
    """The sum of values of one shape, given with the names that messages call them. Raises LayerError."""
    _check_equal(f"{word} adds", parts)
    return reduce(operator.add, parts.values())


def multiplied(word: str, parts: Mapping[str, Node]) -> Node:
    """The product, element by element, of values of one shape, or of images and one value per channel of them.

    The latter is what squeeze and excitation does: (c, h, w) times (c, 1, 1), or (c,). Raises LayerError.
    """
    widest = max(parts.values(), key=lambda node: (len(node.shape), node.type.size))
    fitting = {name: _per_channel(node, widest) for name, node in parts.items()}
    _check_equal(f"{word} multiplies", {name: node for name, node in fitting.items() if not _is_per_channel(node, widest)})
    return reduce(operator.mul, fitting.values())


def concatenated(word: str, parts: Mapping[str, Node]) -> Node:
    """Values side by side along the first axis: channels, or features. Their other axes are equal. Raises LayerError."""
    if len({node.shape[1:] for node in parts.values()}) > 1 or not all(node.shape for node in parts.values()):
        found = " and ".join(f"{shape_text(node.shape)} ({name})" for name, node in parts.items())
        raise LayerError(
            f"{word} puts channels side by side, found {found}",
            hint="all but the channels must be equal: bring them to one size, such as with padding: same, maxpool or upsample",
        )
    first = next(iter(parts.values()))
    return concat(list(parts.values()), -len(first.shape)) if len(parts) > 1 else first


def _per_channel(node: Node, widest: Node) -> Node:
    """One value per channel as an image of one place."""
    channels = widest.shape[:1]
    return reshape(node, (*channels, 1, 1)) if len(widest.shape) == 3 and node.shape == channels else node


def _is_per_channel(node: Node, widest: Node) -> bool:
    return len(widest.shape) == 3 and node.shape == (widest.shape[0], 1, 1)


def _check_equal(what: str, parts: Mapping[str, Node]) -> None:
    if len({node.shape for node in parts.values()}) > 1:
        found = " to ".join(f"{shape_text(node.shape)} ({name})" for name, node in parts.items())
        raise LayerError(
            f"{what} values of one shape, found {found}", hint="bring them to one shape, such as with conv: {kernel: 1}"
        )
