"""Where a node comes from: for names, pictures and messages; never part of a node's identity."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from netcli.graph.node import Node

Phase = Literal["forward", "backward", "update"]


@dataclass(frozen=True, eq=False)
class Origin:
    """The layer that made a node, the line of YAML it stands on, the phase of the step, and, for a backward node, the
    forward node whose derivative it belongs to."""

    layer: str = ""
    line: int | None = None
    phase: Phase = "forward"
    forward: Node | None = None


_current: ContextVar[Origin] = ContextVar("origin", default=Origin())  # noqa: B039 - it is immutable


def current_origin() -> Origin:
    """The origin that a node made now would get."""
    return _current.get()


@contextmanager
def made_by(origin: Origin) -> Iterator[None]:
    """Nodes made inside have this origin."""
    token = _current.set(origin)
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def layer(name: str, line: int | None = None) -> Iterator[None]:
    """Nodes made inside belong to this layer, in the phase of the surroundings."""
    with made_by(replace(_current.get(), layer=name, line=line)):
        yield


@contextmanager
def phase(name: Phase) -> Iterator[None]:
    """Nodes made inside belong to this phase of the step."""
    with made_by(replace(_current.get(), phase=name)):
        yield


@contextmanager
def derivative_of(node: Node) -> Iterator[None]:
    """Nodes made inside belong to the derivative of `node`: its layer, its line, the backward phase."""
    with made_by(Origin(node.origin.layer, node.origin.line, "backward", node)):
        yield
