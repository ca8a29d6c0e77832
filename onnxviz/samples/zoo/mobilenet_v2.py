"""MobileNetV2 (Sandler et al., 2018, https://arxiv.org/abs/1801.04381): inverted residuals, ReLU6."""

from __future__ import annotations

from torch import Tensor, nn

STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
"""Expansion, channels, blocks, first stride: table 2 of the paper."""


def conv_norm_relu6(
    inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1
) -> nn.Sequential:
    """Convolution, batch normalization and ReLU6, whose limits are constants of a Clip."""
    conv = nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs), nn.ReLU6())


class InvertedResidual(nn.Module):
    """Widen with 1x1, filter each channel on its own with 3x3, narrow with 1x1."""

    def __init__(self, inputs: int, outputs: int, stride: int, expansion: int) -> None:
        super().__init__()
        hidden = inputs * expansion
        widen = [] if expansion == 1 else [conv_norm_relu6(inputs, hidden, 1)]
        self.body = nn.Sequential(
            *widen,
            conv_norm_relu6(hidden, hidden, 3, stride, groups=hidden),
            nn.Conv2d(hidden, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x) if self.residual else self.body(x)


class MobileNetV2(nn.Module):
    """A stem, seven stages of inverted residuals, and a classifier."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        blocks: list[nn.Module] = [conv_norm_relu6(3, 32, 3, stride=2)]
        channels = 32
        for expansion, outputs, count, first_stride in STAGES:
            for i in range(count):
                stride = first_stride if i == 0 else 1
                blocks.append(InvertedResidual(channels, outputs, stride, expansion))
                channels = outputs
        blocks.append(conv_norm_relu6(channels, 1280, 1))
        self.features = nn.Sequential(*blocks)
        self.classifier = nn.Linear(1280, classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.features(x).mean(dim=(2, 3)))


def build() -> nn.Module:
    """float[batch, 3, size, size] -> float[batch, 1000]."""
    return MobileNetV2(classes=1000)
