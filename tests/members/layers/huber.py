"""The squared error of small differences, the absolute one of large ones."""

from __future__ import annotations

from collections.abc import Callable

from support.kinds import POSITIVE, TARGET
from support.late import F
from support.members import LayerCase, NetworkVariant, Tensor
from support.peers import one_hot, rebuilt, valued


def huber(delta: float) -> Callable[[Tensor, Tensor], Tensor]:
    """F.huber_loss with this delta."""
    return lambda x, y: F.huber_loss(x, y, delta=delta)


CASE = LayerCase(
    settings={"delta": POSITIVE, "target": TARGET},
    main=("delta", 3.0),
    suits="glorot",
    variants=[
        NetworkVariant("huber", (3,), valued(huber(1.0)), batch=20),
        NetworkVariant("huber: 0.4", (4,), one_hot(huber(0.4), 4), classes=4),
    ],
    parity=[
        NetworkVariant("tanh, huber: {target: input, delta: 0.3}", (3,), rebuilt(huber(0.3))),
        NetworkVariant("huber: 0.1", (2,), valued(huber(0.1)), target=(2,)),
        NetworkVariant("huber: 5", (2,), valued(huber(5.0)), target=(2,)),
        NetworkVariant("huber: 0.4", (3,), valued(huber(0.4)), batch=1),
        NetworkVariant("huber: 2.0", (3,), valued(huber(2.0)), ties=True, batch=20),
        NetworkVariant("huber", (3,), one_hot(huber(1.0), 3), classes=3),
    ],
)
