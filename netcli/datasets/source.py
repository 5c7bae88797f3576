"""The contract of a data source: what the YAML may say, and what it reads."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import Annotated

from pydantic import Field

from netcli.datasets.dataset import Raw
from netcli.settings import Family, Option

#: A path as written in a config: not empty, and nothing the operating system would refuse to look at.
PathText = Annotated[str, Field(min_length=1, pattern=r"^[^\x00]+$")]


class Source(Option):
    """One data set or file format.

    A source is one file of this folder: its fields are its settings in YAML, its docstring is its documentation.
    """

    @abstractmethod
    def read(self, folder: Path) -> Raw:
        """Read all of the data; relative paths are relative to `folder`, the folder of the config.

        Raises DataError (a file that is not there, cannot be read or does not hold what it should).
        """


DATASETS: Family[Source] = Family("data set", "netcli.datasets", Source)  # type: ignore[type-abstract]
