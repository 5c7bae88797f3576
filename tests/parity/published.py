"""The networks of configs/zoo in torch, written from their papers and torchvision's definitions, in the order of the configs.

Weights are taken over in the order of `parameters()`: so modules stand in the order in which the config's layers do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="compares with torch==2.13.0, which is not installed; it is the extra `parity`")
nn = torch.nn
Module = Any
Seq = nn.Sequential


class Residual(nn.Module):  # type: ignore[misc, name-defined]
    """layers(x) + shortcut(x)."""

    def __init__(self, layers: Module, shortcut: Module = None) -> None:
        super().__init__()
        self.layers, self.shortcut = layers, shortcut or nn.Identity()

    def forward(self, x: Any) -> Any:
        return self.layers(x) + self.shortcut(x)


class Branch(nn.Module):  # type: ignore[misc, name-defined]
    """The outputs of several modules, their channels side by side."""

    def __init__(self, *paths: Module) -> None:
        super().__init__()
        self.paths = nn.ModuleList(paths)

    def forward(self, x: Any) -> Any:
        return torch.cat([path(x) for path in self.paths], 1)


class Excite(nn.Module):  # type: ignore[misc, name-defined]
    """Each channel times a gate."""

    def __init__(self, channels: int, reduction: int) -> None:
        super().__init__()
        squeezed = channels // reduction
        self.gate = Seq(nn.Linear(channels, squeezed), nn.ReLU(), nn.Linear(squeezed, channels), nn.Sigmoid())

    def forward(self, x: Any) -> Any:
        return x * self.gate(x.mean((2, 3)))[:, :, None, None]


def conv_norm(inner: int, outer: int, kernel: int = 1, stride: int = 1, *, groups: int = 1, eps: float = 1e-5) -> Module:
    """A convolution without bias and a batch normalisation."""
    convolution = nn.Conv2d(inner, outer, kernel, stride, kernel // 2, groups=groups, bias=False)
    return Seq(convolution, nn.BatchNorm2d(outer, eps=eps))


def pooled(*last: Module) -> Module:
    """The mean of each channel, and what comes after."""
    return Seq(nn.AdaptiveAvgPool2d(1), nn.Flatten(), *last)


def basic(inner: int, outer: int, stride: int = 1, reduction: int | None = None) -> Module:
    """ResNet's block of two convolutions."""
    layers = Seq(conv_norm(inner, outer, 3, stride), nn.ReLU(), conv_norm(outer, outer, 3))
    if reduction is not None:
        layers.append(Excite(outer, reduction))
    return Seq(Residual(layers, conv_norm(inner, outer, 1, stride) if inner != outer else None), nn.ReLU())


def resnet20(reduction: int | None = None) -> Module:
    """He et al. 2016, section 4.2, with option B."""
    widths = [(16, 16, 1)] * 3 + [(16, 32, 2)] + [(32, 32, 1)] * 2 + [(32, 64, 2)] + [(64, 64, 1)] * 2
    return Seq(conv_norm(3, 16, 3), nn.ReLU(), *(basic(*width, reduction) for width in widths), pooled(nn.Linear(64, 10)))


def resnet_stem() -> Module:
    """What ResNets for large images begin with."""
    return Seq(conv_norm(3, 64, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1))


def resnet18() -> Module:
    """torchvision.models.resnet18."""
    widths = [(64, 64), (64, 64), (64, 128, 2), (128, 128), (128, 256, 2), (256, 256), (256, 512, 2), (512, 512)]
    return Seq(resnet_stem(), *(basic(*width) for width in widths), pooled(nn.Linear(512, 1000)))


def resnet50() -> Module:
    """torchvision.models.resnet50."""

    def bottleneck(inner: int, width: int, stride: int = 1) -> Module:
        layers = Seq(
            conv_norm(inner, width), nn.ReLU(), conv_norm(width, width, 3, stride), nn.ReLU(), conv_norm(width, 4 * width)
        )
        shortcut = conv_norm(inner, 4 * width, 1, stride) if inner != 4 * width else None
        return Seq(Residual(layers, shortcut), nn.ReLU())

    stages: list[Module] = []
    inner = 64
    for width, count, stride in [(64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)]:
        stages += [bottleneck(inner, width, stride), *(bottleneck(4 * width, width) for _ in range(count - 1))]
        inner = 4 * width
    return Seq(resnet_stem(), *stages, pooled(nn.Linear(2048, 1000)))


def squeezenet() -> Module:
    """torchvision.models.squeezenet1_1."""

    def fire(inner: int, squeeze: int, expand: int) -> Module:
        small = Seq(nn.Conv2d(squeeze, expand, 1), nn.ReLU())
        large = Seq(nn.Conv2d(squeeze, expand, 3, padding=1), nn.ReLU())
        return Seq(nn.Conv2d(inner, squeeze, 1), nn.ReLU(), Branch(small, large))

    def pool() -> Module:
        return nn.MaxPool2d(3, 2, ceil_mode=True)

    return Seq(
        nn.Conv2d(3, 64, 3, 2), nn.ReLU(), pool(),
        fire(64, 16, 64), fire(128, 16, 64), pool(),
        fire(128, 32, 128), fire(256, 32, 128), pool(),
        fire(256, 48, 192), fire(384, 48, 192), fire(384, 64, 256), fire(512, 64, 256),
        nn.Dropout(0.5), nn.Conv2d(512, 1000, 1), nn.ReLU(), pooled(),
    )  # fmt: skip


def densenet121() -> Module:
    """torchvision.models.densenet121."""

    def grow(inner: int) -> Module:
        new = Seq(
            nn.BatchNorm2d(inner), nn.ReLU(), nn.Conv2d(inner, 128, 1, bias=False),
            nn.BatchNorm2d(128), nn.ReLU(), nn.Conv2d(128, 32, 3, padding=1, bias=False),
        )  # fmt: skip
        return Branch(nn.Identity(), new)

    layers: list[Module] = [resnet_stem()]
    channels = 64
    for count in (6, 12, 24, 16):
        if channels > 64:
            half = nn.Conv2d(channels, channels // 2, 1, bias=False)
            layers += [nn.BatchNorm2d(channels), nn.ReLU(), half, nn.AvgPool2d(2)]
            channels //= 2
        layers += [grow(channels + 32 * number) for number in range(count)]
        channels += 32 * count
    return Seq(*layers, nn.BatchNorm2d(channels), nn.ReLU(), pooled(nn.Linear(channels, 1000)))


def googlenet() -> Module:
    """torchvision.models.googlenet(aux_logits=False), without its transform_input."""

    def unit(inner: int, outer: int, kernel: int = 1, stride: int = 1) -> Module:
        return Seq(conv_norm(inner, outer, kernel, stride, eps=1e-3), nn.ReLU())

    def inception(inner: int, one: int, reduce3: int, three: int, reduce5: int, five: int, pool: int) -> Module:
        return Branch(
            unit(inner, one),
            Seq(unit(inner, reduce3), unit(reduce3, three, 3)),
            Seq(unit(inner, reduce5), unit(reduce5, five, 3)),
            Seq(nn.MaxPool2d(3, 1, 1, ceil_mode=True), unit(inner, pool)),
        )

    def pool(size: int) -> Module:
        return nn.MaxPool2d(size, 2, ceil_mode=True)

    return Seq(
        unit(3, 64, 7, 2), pool(3), unit(64, 64), unit(64, 192, 3), pool(3),
        inception(192, 64, 96, 128, 16, 32, 32), inception(256, 128, 128, 192, 32, 96, 64), pool(3),
        inception(480, 192, 96, 208, 16, 48, 64), inception(512, 160, 112, 224, 24, 64, 64),
        inception(512, 128, 128, 256, 24, 64, 64), inception(512, 112, 144, 288, 32, 64, 64),
        inception(528, 256, 160, 320, 32, 128, 128), pool(2),
        inception(832, 256, 160, 320, 32, 128, 128), inception(832, 384, 192, 384, 48, 128, 128),
        pooled(nn.Dropout(0.2), nn.Linear(1024, 1000)),
    )  # fmt: skip


def mobilenetv2() -> Module:
    """torchvision.models.mobilenet_v2."""

    def bottleneck(inner: int, outer: int, stride: int = 1, expand: int = 6) -> Module:
        wide = inner * expand
        layers = Seq(conv_norm(inner, wide), nn.ReLU6()) if expand > 1 else Seq()
        layers += Seq(conv_norm(wide, wide, 3, stride, groups=wide), nn.ReLU6(), conv_norm(wide, outer))
        return Residual(layers) if inner == outer and stride == 1 else layers

    layers: list[Module] = [conv_norm(3, 32, 3, 2), nn.ReLU6(), bottleneck(32, 16, expand=1)]
    inner = 16
    for outer, count, stride in [(24, 2, 2), (32, 3, 2), (64, 4, 2), (96, 3, 1), (160, 3, 2), (320, 1, 1)]:
        layers += [bottleneck(inner, outer, stride), *(bottleneck(outer, outer) for _ in range(count - 1))]
        inner = outer
    return Seq(*layers, conv_norm(320, 1280), nn.ReLU6(), pooled(nn.Dropout(0.2), nn.Linear(1280, 1000)))


class ChannelNorm(nn.LayerNorm):  # type: ignore[misc, name-defined]
    """Over the channels of each pixel."""

    def forward(self, x: Any) -> Any:
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)


class LayerScale(nn.Module):  # type: ignore[misc, name-defined]
    """Each channel times a number."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(channels, 1, 1))

    def forward(self, x: Any) -> Any:
        return x * self.scale


def convnext_tiny() -> Module:
    """torchvision.models.convnext_tiny(stochastic_depth_prob=0)."""

    def block(width: int) -> Module:
        depthwise = nn.Conv2d(width, width, 7, padding=3, groups=width)
        dense = [nn.Conv2d(width, 4 * width, 1), nn.GELU(), nn.Conv2d(4 * width, width, 1)]
        return Residual(Seq(depthwise, ChannelNorm(width, eps=1e-6), *dense, LayerScale(width)))

    layers: list[Module] = [nn.Conv2d(3, 96, 4, 4), ChannelNorm(96, eps=1e-6)]
    for width, count in [(96, 3), (192, 3), (384, 9), (768, 3)]:
        if width > 96:
            layers += [ChannelNorm(width // 2, eps=1e-6), nn.Conv2d(width // 2, width, 2, 2)]
        layers += [block(width) for _ in range(count)]
    return Seq(*layers, pooled(nn.LayerNorm(768, eps=1e-6), nn.Linear(768, 1000)))


class UNet(nn.Module):  # type: ignore[misc, name-defined]
    """Ronneberger, Fischer and Brox 2015, small, with padding."""

    def __init__(self, inner: int, outer: int, widths: tuple[int, ...]) -> None:
        super().__init__()

        def twice(inner: int, width: int) -> Module:
            return Seq(nn.Conv2d(inner, width, 3, padding=1), nn.ReLU(), nn.Conv2d(width, width, 3, padding=1), nn.ReLU())

        def up(width: int) -> Module:
            beside = nn.ZeroPad2d((0, 1, 0, 1))
            return Seq(nn.Upsample(scale_factor=2), beside, nn.Conv2d(2 * width, width, 2))

        self.down = nn.ModuleList(twice(*pair) for pair in zip((inner, *widths), widths, strict=False))
        self.up = nn.ModuleList(part for width in widths[-2::-1] for part in (up(width), twice(2 * width, width)))
        self.last = nn.Conv2d(widths[0], outer, 1)

    def forward(self, x: Any) -> Any:
        kept = []
        for number, part in enumerate(self.down):
            x = part(x if number == 0 else nn.functional.max_pool2d(x, 2))
            kept.append(x)
        for up, twice, beside in zip(self.up[::2], self.up[1::2], kept[-2::-1], strict=True):
            x = twice(torch.cat([up(x), beside], 1))
        return self.last(x)


#: By the name of the config.
PEERS: dict[str, Callable[[], Module]] = {
    "resnet20": resnet20,
    "se-resnet20": lambda: resnet20(reduction=16),
    "resnet18": resnet18,
    "resnet50": resnet50,
    "squeezenet": squeezenet,
    "densenet121": densenet121,
    "googlenet": googlenet,
    "mobilenetv2": mobilenetv2,
    "convnext-tiny": convnext_tiny,
    "unet": lambda: UNet(1, 1, (16, 32, 64, 128)),
}
