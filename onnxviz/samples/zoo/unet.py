"""U-Net (Ronneberger et al., 2015, https://arxiv.org/abs/1505.04597), padded so that sizes match."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def double_conv(inputs: int, outputs: int) -> nn.Sequential:
    """Two rounds of convolution, batch normalization and ReLU."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
        nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )


class UNet(nn.Module):
    """`depth` halvings on the way down, as many doublings on the way up, long skips across."""

    def __init__(self, depth: int, width: int, classes: int) -> None:
        super().__init__()
        widths = [width << level for level in range(depth + 1)]
        self.down = nn.ModuleList(double_conv(a, b) for a, b in zip([3, *widths], widths, strict=False))
        self.pool = nn.MaxPool2d(2)
        pairs = list(zip(widths[:0:-1], widths[-2::-1], strict=True))
        self.grow = nn.ModuleList(nn.ConvTranspose2d(wide, thin, 2, stride=2) for wide, thin in pairs)
        self.up = nn.ModuleList(double_conv(2 * thin, thin) for _, thin in pairs)
        self.head = nn.Conv2d(width, classes, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        skips = []
        for level, block in enumerate(self.down):
            x = block(x if level == 0 else self.pool(x))
            skips.append(x)
        for grow, block, skip in zip(self.grow, self.up, reversed(skips[:-1]), strict=True):
            x = block(torch.cat((skip, grow(x)), dim=1))
        return self.head(x)


def build(depth: int, width: int) -> nn.Module:
    """float[batch, 3, size, size] -> float[batch, 2, size, size]; size divisible by 2**depth."""
    return UNet(depth, width, classes=2)
