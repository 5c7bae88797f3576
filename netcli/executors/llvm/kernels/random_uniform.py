"""Random numbers: for one position of each lane's example, the counters of `RandomUniform.forward`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from netcli.executors.llvm.expressions import Scope
from netcli.executors.llvm.ir import I32, Index, Layout
from netcli.executors.llvm.kernel import Inlined
from netcli.executors.llvm.lanes import Lanes
from netcli.graph import Node, op_of
from netcli.ops.random_uniform import RandomUniform, threefry


class RandomNumbers(Inlined):
    """Threefry on lanes; the position is a number, since values of it are varying and never flat."""

    serves = (RandomUniform,)

    def value(self, s: Scope, node: Node, indices: Sequence[Index], block: Index) -> Lanes:
        op, e = op_of(node, RandomUniform), s.e
        seed, step = (s.at(x, (), block) for x in node.inputs[:2])
        position = e.element(Layout.dense(op.shape), indices)
        example = s.example(block)
        place = s.integer(e.b.trunc(e.index(position), I32))
        identity = s.identity(node, "id")
        with e.b.goto_entry_block():  # once, not for each element
            own = s.integer(e.b.mul(e.b.add(identity, I32(1)), I32(0x9E3779B9)))
        bits, _ = threefry(s.xp, (seed + own, step), (example, place))  # type: ignore[arg-type]
        return (cast("Lanes", bits) >> 8).astype("float32") * 2.0**-24
