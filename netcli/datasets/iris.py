"""The bundled irises."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from netcli.datasets.bundled import bundled
from netcli.datasets.csv import read_csv
from netcli.datasets.dataset import Raw
from netcli.datasets.source import Source


class Iris(Source):
    """Iris: 150 flowers of three species, four lengths in cm each; comes with netcli.

    R. A. Fisher, The use of multiple measurements in taxonomic problems, 1936 (UCI, CC BY 4.0). Inputs (n, 4): length and
    width of sepal and petal; classes setosa, versicolor, virginica. There is no test split of its own.
    """

    word: ClassVar[str] = "iris"

    def read(self, folder: Path) -> Raw:
        """Read the bundled file."""
        return read_csv(bundled("iris.csv"), label="species", task="classification")
