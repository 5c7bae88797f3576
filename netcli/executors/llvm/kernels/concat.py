"""Values side by side: each is stored into its place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netcli.executors.llvm.expressions import Scope, one_of
from netcli.executors.llvm.ir import Epilogue, Index
from netcli.executors.llvm.kernel import Stored
from netcli.executors.llvm.lanes import to_memory
from netcli.graph import Node, op_of
from netcli.ops.concat import Concat
from netcli.ops.slice import resized


class Concatenation(Stored):
    """Part by part; what a part is computed of is computed on the way."""

    serves = (Concat,)
    reads_expressions = True

    def emit(self, s: Scope, node: Node, target: Node, epilogue: Epilogue | None) -> None:
        array = s.array(target)
        with s.e.loop(s.blocks) as block:
            for x, indices, place in _elements(s, node):
                value = to_memory(s.at(x, indices, block))
                s.e.store(epilogue(value, place, block) if epilogue else value, s.e.address(array, place, block))
        s.forget()

    def emit_uniform(self, s: Scope, node: Node) -> None:
        array = s.array(node)
        for x, indices, place in _elements(s, node):
            s.e.b.store(one_of(s.at(x, indices, 0)), s.e.address(array, place))
        s.forget()

    def has_epilogue(self, node: Node) -> bool:
        return True


def _elements(s: Scope, node: Node) -> Iterator[tuple[Node, Sequence[Index], Sequence[Index]]]:
    """A loop over each input: the input, the indices of an element, and its place in the result."""
    op = op_of(node, Concat)
    for x, start in zip(node.inputs, op.starts(*(x.type for x in node.inputs)), strict=True):
        with s.over(x.shape) as indices:
            s.forget()
            yield x, indices, resized(tuple(indices), op.axis, s.e.add(indices[op.axis], start))
