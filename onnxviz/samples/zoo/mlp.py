"""A multilayer perceptron: each Linear is one Gemm, or a Transpose, a MatMul and an Add."""

from __future__ import annotations

import itertools

from torch import Tensor, nn


class Mlp(nn.Module):
    """`depth` hidden layers of the same width, and a linear head."""

    def __init__(self, depth: int, width: int, features: int, classes: int) -> None:
        super().__init__()
        sizes = [features] + [width] * depth
        self.hidden = nn.ModuleList(nn.Linear(a, b) for a, b in itertools.pairwise(sizes))
        self.head = nn.Linear(width, classes)

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.hidden:
            x = layer(x).relu()
        return self.head(x)


def build(depth: int, width: int) -> nn.Module:
    """float[batch, 64] -> float[batch, 10]."""
    return Mlp(depth, width, features=64, classes=10)
