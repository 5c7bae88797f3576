"""Several values side by side along one axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from types import ModuleType

from netcli.errors import GraphError
from netcli.graph import Array, Differentiable, Node, Sample, TensorType, uniform, varying
from netcli.ops.arithmetic import total
from netcli.ops.checks import check_axis, length_along
from netcli.ops.slice import pad, part, resized


@dataclass(frozen=True)
class Concat(Differentiable):
    """Any number of values, one after the other along one axis, counted from the right.

    They have one dtype, one length along every other axis, and are all varying or all uniform.
    """

    axis: int

    def __post_init__(self) -> None:
        check_axis(self, self.axis)

    def infer(self, *types: TensorType) -> TensorType:
        if not types:
            raise GraphError(f"{self.name} of nothing: it takes one value or more")
        length = sum(length_along(self, self.axis, x) for x in types)
        results = {x.with_shape(resized(x.shape, self.axis, length)) for x in types}
        if len(results) != 1:
            raise GraphError(
                f"{self.name} along the axis {self.axis} expected values that differ in its length alone, "
                f"found {', '.join(map(str, types))}"
            )
        return results.pop()

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        return xp.concatenate(arrays, axis=self.axis)

    def vjp(self, node: Node, g: Node) -> tuple[Node | None, ...]:
        """To each value its own part."""
        starts = self.starts(*(x.type for x in node.inputs))
        return tuple(part(g, self.axis, start, x.shape[self.axis]) for start, x in zip(starts, node.inputs, strict=True))

    def jvp(self, node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
        """Each tangent at its place, with zeros around it: their sum."""
        length, starts = node.shape[self.axis], self.starts(*(x.type for x in node.inputs))
        return total(
            *(
                dx and pad(dx, self.axis, start, length - start - x.shape[self.axis])
                for start, x, dx in zip(starts, node.inputs, tangents, strict=True)
            )
        )

    def starts(self, *types: TensorType) -> list[int]:
        """The number along the axis at which each value begins."""
        return list(accumulate((x.shape[self.axis] for x in types[:-1]), initial=0))

    def flops(self, output: TensorType, *inputs: TensorType) -> int:
        return 0

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return [
            Sample(cls(-3), (varying(2, 3, 2), varying(1, 3, 2), varying(2, 3, 2))),
            Sample(cls(-1), (varying(3), varying(4))),
            Sample(cls(-2), (varying(2, 1, 3), varying(2, 2, 3))),
            Sample(cls(-1), (varying(2, 3),)),
            Sample(cls(-1), (uniform(5), uniform(12))),
        ]


def concat(values: Sequence[Node], axis: int) -> Node:
    """Values one after the other along an axis counted from the right; of one value, that value."""
    return values[0] if len(values) == 1 else Node(Concat(axis), tuple(values))
