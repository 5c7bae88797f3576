"""Random numbers that are a function of counters: the same in any order, on any number of threads, resumed or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType

from netcli.errors import GraphError
from netcli.graph import Array, Differentiable, DType, Node, Sample, Shape, TensorType, uniform, varying

_ROTATIONS = (13, 15, 26, 6, 17, 29, 16, 24)
_PARITY = 0x1BD11BDA


@dataclass(frozen=True)
class RandomUniform(Differentiable):
    """Numbers of [0, 1), multiples of 2⁻²⁴: from seed and step (uniform uint32 scalars), varying like `like`.

    The number at `position` (row-major) of `example` (in its batch) is Threefry-2x32 with 20 rounds of the counter
    (example, position) under the key (seed + 0x9E3779B9·(id + 1), step), first word, its upper 24 bits; all modulo 2³².
    `id` tells apart the operations of a graph; the values of `like` do not matter: the derivative is zero.
    Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011.
    """

    like = 2
    identities = ("id",)

    id: int
    shape: Shape
    dtype: DType

    def infer(self, *types: TensorType) -> TensorType:
        seed, step, like = types
        if any(t != TensorType((), "uint32") for t in (seed, step)) or not like.varying:
            raise GraphError(f"{self.name} expected a seed, a step and a varying value, found {', '.join(map(str, types))}")
        return TensorType(self.shape, self.dtype, varying=True)

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        seed, step, like = arrays
        size = TensorType(self.shape).size
        key = (seed.reshape(1, 1) + xp.asarray([[0x9E3779B9 * (self.id + 1) % 2**32]], "uint32"), step.reshape(1, 1))
        counter = (xp.arange(like.shape[0], dtype="uint32")[:, None], xp.arange(size, dtype="uint32")[None, :])
        bits, _ = threefry(xp, key, counter)
        return ((bits >> 8).astype(self.dtype) * 2.0**-24).astype(self.dtype).reshape(like.shape[0], *self.shape)

    def vjp(self, node: Node, g: Node) -> tuple[Node | None, ...]:
        return None, None, None

    def jvp(self, node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
        return None

    def flops(self, output: TensorType, *inputs: TensorType) -> int:
        return 0  # integer operations only

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        scalar = uniform(high=9, dtype="uint32")
        return [Sample(cls(0, (3, 2), "float64"), (scalar, scalar, varying(2)))]


def random_uniform(seed: Node, step: Node, like: Node, shape: Shape, identity: int) -> Node:
    """Numbers of [0, 1), another set at every step, for every example of the batch of `like`."""
    return Node(RandomUniform(identity, shape, like.type.dtype), (seed, step, like))


def threefry(xp: ModuleType, key: tuple[Array, Array], counter: tuple[Array, Array]) -> tuple[Array, Array]:
    """Threefry-2x32 with 20 rounds; arrays of uint32, broadcast against each other."""
    keys = (key[0], key[1], key[0] ^ key[1] ^ xp.asarray(_PARITY, "uint32"))
    x, y = counter[0] + keys[0], counter[1] + keys[1]
    for block in range(5):
        for rotation in _ROTATIONS[:4] if block % 2 == 0 else _ROTATIONS[4:]:
            x = x + y
            y = ((y << rotation) | (y >> (32 - rotation))) ^ x
        x = x + keys[(block + 1) % 3]
        y = y + keys[(block + 2) % 3] + xp.asarray(block + 1, "uint32")
    return x, y
