"""The networks of configs/zoo are torchvision's: as many parameters as it publishes, and its models' loss and gradients."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import pytest
from zoo import compare, torch

#: By the name of the config: what makes torchvision's model, and the parameters that its documentation tells.
MODELS: dict[str, tuple[Callable[[Any], Any], int]] = {
    "resnet18": (lambda models: models.resnet18(), 11_689_512),
    "resnet50": (lambda models: models.resnet50(), 25_557_032),
    "squeezenet": (lambda models: models.squeezenet1_1(), 1_235_496),
    "densenet121": (lambda models: models.densenet121(), 7_978_856),
    "googlenet": (lambda models: models.googlenet(aux_logits=False, init_weights=False), 6_624_904),
    "mobilenetv2": (lambda models: models.mobilenet_v2(), 3_504_872),
    "convnext-tiny": (lambda models: models.convnext_tiny(stochastic_depth_prob=0.0), 28_589_128),
}


@pytest.fixture(scope="module")
def models() -> Any:
    """torchvision.models. Beside a torch without CUDA its compiled operations may not load; its models need none of them."""
    if importlib.util.find_spec("torchvision") is None:  # type: ignore[attr-defined]
        pytest.skip("compares with torchvision==0.28.0, which is not installed; it is part of the extra `parity`")
    try:
        return importlib.import_module("torchvision.models")
    except RuntimeError:
        library = torch.library.Library("torchvision", "DEF")
        for name in ("nms", "qnms"):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        return importlib.import_module("torchvision.models")


class Scale(torch.nn.Module):  # type: ignore[misc, name-defined]
    """Times a parameter."""

    def __init__(self, scale: Any) -> None:
        super().__init__()
        self.scale = scale

    def forward(self, x: Any) -> Any:
        return x * self.scale


class ScaleLast(torch.nn.Module):  # type: ignore[misc, name-defined]
    """torchvision's CNBlock with its parameters in the order in which they are used: it has the scale before the layers."""

    def __init__(self, block: Any) -> None:
        super().__init__()
        self.layers = torch.nn.Sequential(block.block, Scale(block.layer_scale))

    def forward(self, x: Any) -> Any:
        return x + self.layers(x)


def in_order(module: Any) -> Any:
    """The module, all its blocks as ScaleLast."""
    for parent in list(module.modules()):
        for name, child in list(parent.named_children()):
            if hasattr(child, "layer_scale"):
                setattr(parent, name, ScaleLast(child))
    return module


@pytest.mark.parametrize("name", MODELS)
def test_equals_torchvision(name: str, models: Any) -> None:
    make, published = MODELS[name]
    module = in_order(make(models))
    assert sum(parameter.numel() for parameter in module.parameters()) == published
    compare(name, module)
