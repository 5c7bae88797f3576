"""The bundled digits."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np

from netcli.datasets.arrays import load_npz
from netcli.datasets.bundled import bundled
from netcli.datasets.dataset import Raw, Split
from netcli.datasets.source import Source


class Digits(Source):
    """Digits: 1797 handwritten digits, 8×8, gray; comes with netcli.

    Part of the Optical Recognition of Handwritten Digits data set of E. Alpaydin and C. Kaynak (UCI, CC BY 4.0). Inputs
    (n, 1, 8, 8), whole numbers from 0 to 16; classes 0 to 9. There is no test split of its own.
    """

    word: ClassVar[str] = "digits"

    def read(self, folder: Path) -> Raw:
        """Read the bundled file."""
        arrays = load_npz(bundled("digits.npz"), ("x", "y"))
        train = Split(arrays["x"], arrays["y"].astype(np.int32))
        return Raw("digits", train, None, tuple("0123456789"), features=None, largest=16.0)
