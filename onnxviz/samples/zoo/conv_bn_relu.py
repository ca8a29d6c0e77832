"""Convolution, batch normalization, ReLU: at inference the first two are one convolution."""

from __future__ import annotations

import itertools

from torch import Tensor, nn


class ConvBlock(nn.Module):
    """A convolution whose scale and shift live in a batch normalization beside it."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel_size=3, padding=1)
        self.norm = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU()
        nn.init.uniform_(self.norm.weight, 0.5, 1.5)
        nn.init.normal_(self.norm.bias, std=0.1)
        # As training would leave them: a mean of 0 and a variance of 1 make the normalization a mere scale.
        nn.init.normal_(self.norm.get_buffer("running_mean"), std=0.1)
        nn.init.uniform_(self.norm.get_buffer("running_var"), 0.5, 1.5)

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(self.norm(self.conv(x)))


class ConvStack(nn.Module):
    """`depth` blocks in a row."""

    def __init__(self, depth: int, channels: int) -> None:
        super().__init__()
        widths = [3] + [channels] * depth
        self.blocks = nn.Sequential(*(ConvBlock(a, b) for a, b in itertools.pairwise(widths)))

    def forward(self, x: Tensor) -> Tensor:
        return self.blocks(x)


def build(depth: int, channels: int) -> nn.Module:
    """float[batch, 3, size, size] -> float[batch, channels, size, size]."""
    return ConvStack(depth, channels)
