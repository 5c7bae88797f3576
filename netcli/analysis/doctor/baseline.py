"""What the loss of a session says a network without knowledge has."""

from __future__ import annotations

import numpy as np

from netcli.layers.layer import Baseline, Loss
from netcli.training.session import Session


def loss_of(session: Session) -> Loss:
    """The last layer."""
    loss = session.layers[-1].layer
    assert isinstance(loss, Loss), "a stack ends in a loss"
    return loss


def baseline_of(session: Session) -> Baseline | None:
    """On the training targets. None where the loss does not tell: then no share of a loss says how much was learned."""
    data = session.data
    return loss_of(session).baseline(np.asarray(data.train.targets), None if data.classes is None else len(data.classes))
