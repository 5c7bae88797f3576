"""What `netcli doctor` looks at before training: data, first loss, scales, dead units, one batch, learning rate, cost."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from netcli.analysis.doctor.cost import cost_of_training
from netcli.analysis.doctor.first_batch import look
from netcli.analysis.doctor.records import Finding
from netcli.analysis.doctor.trials import learning_rate, one_batch
from netcli.training.session import Session

#: The names of the checks, in their order; `examine` says which one is next.
CHECKS = ("first batch", "one batch by heart", "learning rate", "cost")


def examine(session: Session, asked: Callable[[], bool], begins: Callable[[str], None] = lambda _: None) -> Iterator[Finding]:
    """The findings, as they come. `begins` is told what begins; raises KeyboardInterrupt soon after `asked()` is true."""
    looks = (look, one_batch, learning_rate, cost_of_training)
    for name, find in zip(CHECKS, looks, strict=True):
        begins(name)
        yield from find(session, asked)
