"""What is hardly meant in a config, though it can be trained: what it is, where, and what to do."""

from __future__ import annotations

from collections.abc import Iterator

from netcli.errors import Problem
from netcli.layers.placing import Placed
from netcli.training.session import Session


def remarks(session: Session) -> Iterator[Problem]:
    """All of them."""
    for found in session.model.ending.remarks:
        yield Problem(found.message, session.loaded.place(*found.placed.written.loc), found.hint)
    placed = starved(session)
    if placed is not None:
        yield small_batch(session, placed)


def last_batch(session: Session) -> int:
    """How many examples the last batch of an epoch has."""
    return len(session.data.train) % session.batch_size or session.batch_size


def starved(session: Session) -> Placed | None:
    """The first layer that needs more examples than the last batch of an epoch has."""
    layers = session.model.training.layers
    return next((placed for placed, node in layers if placed.layer.least_batch(node.shape) > last_batch(session)), None)


def small_batch(session: Session, placed: Placed) -> Problem:
    """The last batch is too small for a layer; with the nearest sizes that leave a larger one."""
    examples, size = len(session.data.train), session.batch_size
    sizes = [n for n in range(2, 2 * size + 2) if n <= examples and examples % n != 1]
    near = sorted(sorted(sizes, key=lambda n: abs(n - size))[:2])
    hint = f"set data.batch_size to {' or '.join(map(str, near))}, or change how many examples are held out"
    return Problem(
        f"{placed.name} needs more than one example in a batch, and the last of {examples:,} in batches of {size} is alone: "
        "in that step it gives its shift, whatever came in",
        session.loaded.place("data", "batch_size"),
        hint,
    )
