"""A small constant, tiled at run time into a large one: folding it makes the file grow."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class TileBloat(nn.Module):
    """Add an 8x8 pattern, repeated over the image and its 16 channels."""

    pattern: Tensor

    def __init__(self, repeats: int) -> None:
        super().__init__()
        self.repeats = repeats
        self.register_buffer("pattern", torch.randn(1, 1, 8, 8))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.pattern.repeat(1, 16, self.repeats, self.repeats)


def build(repeats: int) -> nn.Module:
    """float[batch, 16, 8 * repeats, 8 * repeats] -> the same."""
    return TileBloat(repeats)
