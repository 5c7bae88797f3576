"""The `data:` section of a config."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from netcli.datasets.source import DATASETS, Source
from netcli.settings import Choice, Settings

Standardize = Literal["none", "all", "channel", "feature"]


class DataSettings(Settings):
    """Which data to train on, and how it is split, scaled and fed."""

    dataset: Annotated[Source, Choice(DATASETS)]
    """The data set or file."""

    batch_size: int = Field(default=32, ge=1)
    """Examples per training step."""

    validation: float = Field(default=0.1, ge=0, lt=1)
    """Share of the training part that is held out for validation; 0: none."""

    test: float | None = Field(default=None, ge=0, lt=1)
    """Share held out for testing where the data set has no test split of its own, by default 0.2; 0: none."""

    scale: Literal["unit", "none"] | Annotated[float, Field(gt=0)] = "unit"
    """What inputs are multiplied by. unit: brings the largest possible input to 1, where it is known (bytes: 1/255)."""

    standardize: Standardize | None = None
    """Give the inputs mean 0 and deviation 1 over the training part: all values together, those of a channel, or those of
    a feature (each position of its own). By default channel for images and feature for vectors."""

    shuffle: bool = True
    """Whether the training examples come in another order each epoch."""
