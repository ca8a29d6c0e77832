"""A sub-expression that reads constants alone: the smallest graph that constant folding shortens."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class ConstantMath(nn.Module):
    """X * (2 * 3) + 3.

    The numbers are buffers: Python would multiply the literals 2 and 3 itself, before any exporter
    sees them.
    """

    two: Tensor
    three: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("two", torch.tensor(2.0))
        self.register_buffer("three", torch.tensor(3.0))

    def forward(self, x: Tensor) -> Tensor:
        return x * (self.two * self.three) + self.three


def build() -> nn.Module:
    """float[batch, features] -> float[batch, features]."""
    return ConstantMath()
