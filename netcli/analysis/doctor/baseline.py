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
    """On the training targets, or the standardised inputs, if the loss is of those.

    None where the loss does not tell: then no share of a loss says how much was learned.
    """
    data, loss = session.data, loss_of(session)
    if loss.of_input:
        return loss.baseline((data.train.inputs * data.scale - data.mean) / data.deviation, None)
    return loss.baseline(np.asarray(data.train.targets), session.model.classes)
