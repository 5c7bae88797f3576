"""Values that lie within the memory of others: parts of what is joined along the first axis, and parts that are taken out.

The channels of an image lie one after the other. So the parts of a concatenation along them are stored into their places by
the kernels that make them, and a part that is taken out lies where it is: nothing is copied. A value that lies within another
one is its *guest*, the other one its *host*, which may be a guest itself. Together they are a *house*; its owner, who is no
guest, has the buffer, with the zeros around images that any of them wants.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from netcli.executors.llvm.ir import Layout
from netcli.executors.llvm.kernel import Halo, kernel_of
from netcli.executors.llvm.storage import is_view
from netcli.graph import Graph, Node


@dataclass(frozen=True)
class Houses:
    """Who lies within whom: of each guest its host, and its first number along the first axis there."""

    hosts: Mapping[Node, tuple[Node, int]] = field(default_factory=dict)
    guests: Mapping[Node, Sequence[Node]] = field(default_factory=dict)

    def owner(self, node: Node) -> tuple[Node, int]:
        """Whose buffer a value lies in, and its first number along the first axis of that."""
        start = 0
        while node in self.hosts:
            node, at = self.hosts[node]
            start += at
        return node, start

    def house(self, owner: Node) -> list[Node]:
        """All who lie within a value, itself first."""
        found = [owner]
        for node in found:
            found.extend(self.guests.get(node, ()))
        return found

    def is_at_home(self, x: Node, host: Node, start: int) -> bool:
        """Whether a value lies at this place of another one."""
        return self.hosts.get(x) == (host, start)

    def needs_no_kernel(self, node: Node) -> bool:
        """Whether all of a value is there when others have stored theirs: it is part of another one, or all its parts are."""
        kernel = kernel_of(node.op)
        if kernel is None:
            return False
        of = kernel.part_of(node)
        if of is not None and self.is_at_home(node, *of):
            return True
        parts = kernel.parts(node)
        return bool(parts) and all(self.is_at_home(x, node, start) for x, start in parts)

    def widened(self, halos: Mapping[Node, Halo]) -> dict[Node, Halo]:
        """The zeros around images, the same for all of a house."""
        wide = dict(halos)
        for owner in dict.fromkeys(self.owner(node)[0] for node in self.hosts):
            house = self.house(owner)
            wanted = [halos[node] for node in house if node in halos]
            if wanted:
                wide.update(dict.fromkeys(house, (*map(max, zip(*wanted, strict=True)),)))
        return wide


def houses_of(graph: Graph, stored: set[Node]) -> Houses:
    """Let every stored value that is a part of another one lie within it, if it may; the first host is as good as any."""
    outputs = set(graph.outputs.values())
    hosts: dict[Node, tuple[Node, int]] = {}
    guests: dict[Node, list[Node]] = {}

    def may_be_guest(node: Node) -> bool:
        viewed = is_view(node) or any(is_view(user) and user in stored for user in graph.users[node])
        return node in stored and node.type.varying and not (viewed or node in outputs or node in hosts)

    for node in graph.nodes:
        kernel = kernel_of(node.op)
        if node not in stored or not node.type.varying or kernel is None:
            continue
        of = kernel.part_of(node)
        pairs = [] if of is None else [(node, *of)]
        pairs += [(x, node, start) for x, start in kernel.parts(node)]
        for guest, host, start in pairs:
            if may_be_guest(guest) and host in stored and not is_view(host):
                hosts[guest] = (host, start)
                guests.setdefault(host, []).append(guest)
    return Houses(hosts, guests)


def room(shape: tuple[int, ...], owner: Layout, start: int) -> Layout:
    """How a guest lies in a buffer that is laid out like this, from a number along the first axis on."""
    return Layout(shape, owner.strides, owner.offset + start * owner.strides[0], owner.size)
