"""A number kept between two limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType

from netcli.errors import GraphError
from netcli.graph import Array, Node, Piecewise, Sample, TensorType, places, uniform, varying
from netcli.ops.elementwise import OneNumber
from netcli.ops.select import greater, select


@dataclass(frozen=True)
class Clip(OneNumber, Piecewise):
    """x where low < x < high, else the limit that it has reached. The derivative at a limit is 0."""

    low: float
    high: float

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise GraphError(f"{self.name} needs a lower limit below the upper one, found {self.low} and {self.high}")

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        return xp.clip(arrays[0], self.low, self.high)

    def branches(self, *arrays: Array) -> Array:
        (x,) = arrays
        return 1 * (x > self.low) + (x >= self.high)  # 0 below, 1 between, 2 above

    def vjp(self, node: Node, g: Node) -> tuple[Node | None, ...]:
        return (self._between(node, g),)  # the result is between the limits where x is, so that x need not be kept

    def jvp(self, node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
        return tangents[0] and self._between(node.inputs[0], tangents[0])

    def _between(self, x: Node, value: Node) -> Node:
        """value where low < x < high, else 0."""
        return select(greater(x, self.low), select(greater(self.high, x), value, 0.0), 0.0)

    def flops(self, output: TensorType, *inputs: TensorType) -> int:
        return 2 * output.size

    def at_rest(self, moved: Array) -> str:
        return f"its inputs are at or beyond a limit wherever the number moves them: at {places(moved)}"

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return [
            Sample(cls(0.0, 1.5), (varying(7),)),
            Sample(cls(-0.5, 1.0), (varying(2, 3, 2),)),
            Sample(cls(-1.0, 0.0), (uniform(5),)),
        ]


def clip(x: Node, low: float, high: float) -> Node:
    """x between two limits."""
    return Node(Clip(low, high), (x,))
