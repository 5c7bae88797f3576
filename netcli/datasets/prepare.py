"""From the settings to data that training can use: read, check, split, measure."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from netcli.datasets.checks import check
from netcli.datasets.dataset import Dataset, Raw, Split
from netcli.datasets.splitting import hold_out
from netcli.datasets.statistics import mean_and_deviation
from netcli.errors import DataError
from netcli.graph import Array

if TYPE_CHECKING:  # at run time the settings import every module of this folder in search of sources, this one too
    from netcli.datasets.settings import DataSettings, Standardize

DEFAULT_TEST_SHARE = 0.2
# A random stream for each part that is cut off, so that the test part does not depend on the share for validation.
_STREAMS = {"test": 0, "validation": 1}


def load(settings: DataSettings, folder: Path, seed: int) -> Dataset:
    """Read the data set; paths are relative to `folder`. The same seed (at least 0) gives the same parts.

    Raises DataError (unreadable or unusable data, settings that do not fit it).
    """
    raw = settings.dataset.read(folder)
    check(raw)
    train, test = _test_part(raw, settings.test, seed)
    train, validation = _cut(raw.origin, train, "validation", settings.validation, seed)
    scale = _scale(settings.scale, raw.largest)
    mean, deviation = _statistics(train.inputs, settings.standardize, scale)
    name = settings.dataset.word
    return Dataset(name, train, validation, test, raw.classes, raw.features, raw.largest, scale, mean, deviation)


def _test_part(raw: Raw, share: float | None, seed: int) -> tuple[Split, Split | None]:
    """Training and test part: the source's own, or cut from its only one."""
    if raw.test is None:
        return _cut(raw.origin, raw.train, "test", DEFAULT_TEST_SHARE if share is None else share, seed)
    if share is not None:
        raise DataError(
            f"data.test is {share}, but {raw.origin} has a test split of its own, of {len(raw.test)} examples",
            hint="remove data.test",
        )
    return raw.train, raw.test


def _cut(origin: str, split: Split, setting: str, share: float, seed: int) -> tuple[Split, Split | None]:
    """The rest, and the share that the setting `data.test` or `data.validation` asks for."""
    if share == 0:
        return split, None
    if len(split) < 2:
        raise DataError(
            f"{origin}: data.{setting} is {share}, but there is only one example to divide",
            hint=f"set data.{setting} to 0 or bring more examples",
        )
    return hold_out(split, share, np.random.SeedSequence(seed, spawn_key=(_STREAMS[setting],)))


def _scale(scale: str | float, largest: float | None) -> float:
    if isinstance(scale, float):
        return scale
    return 1.0 / largest if scale == "unit" and largest is not None else 1.0


def _statistics(inputs: Array, standardize: Standardize | None, scale: float) -> tuple[Array, Array]:
    """Mean and deviation of the scaled inputs, as the settings want them; a deviation of 0 becomes 1."""
    is_image = inputs.ndim == 4
    granularity = standardize or ("channel" if is_image else "feature")
    if granularity == "none":
        shape = (1,) * (inputs.ndim - 1)
        return np.zeros(shape), np.ones(shape)
    if granularity == "channel" and not is_image:
        raise DataError(
            f"data.standardize is channel, but the inputs are vectors of {inputs.shape[1]} features, without channels",
            hint='set data.standardize to "feature", "all" or "none"',
        )
    mean, deviation = mean_and_deviation(inputs, granularity)
    scaled = deviation * scale
    return mean * scale, np.where(scaled == 0, 1.0, scaled)
