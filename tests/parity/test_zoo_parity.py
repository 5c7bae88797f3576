"""The networks of configs/zoo have torch's loss and gradients: of modules written from the papers, and torchvision's own."""

from __future__ import annotations

import pytest
from published import PEERS
from zoo import ZOO, compare

NAMES = sorted(path.stem for path in ZOO.glob("*.yaml"))


@pytest.mark.parametrize("name", NAMES)
def test_equals_torch(name: str) -> None:
    compare(name, PEERS[name]())


def test_another_network_is_seen() -> None:
    """The same weights, but one activation that is missing."""
    module = PEERS["resnet20"]()
    module[2][1] = type(module[2][0].shortcut)()
    with pytest.raises(AssertionError):
        compare("resnet20", module)
