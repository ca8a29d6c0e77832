"""A small classifier that has a bit of everything that simplification removes."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class ConvBlock(nn.Module):
    """Convolution, batch normalization and ReLU: the first two are one convolution at inference."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel_size=3, stride=2, padding=1)
        self.norm = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU()
        nn.init.uniform_(self.norm.weight, 0.5, 1.5)
        nn.init.normal_(self.norm.bias, std=0.1)

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(self.norm(self.conv(x)))


class Flatten(nn.Module):
    """Rows of numbers from an image, with sizes that the graph reads from the tensor itself."""

    def forward(self, x: Tensor) -> Tensor:
        batch, channels, height, width = x.shape
        return x.reshape(batch, channels * height * width)


class Temperature(nn.Module):
    """Scale scores by 1 / (2 * 0.25 + 0.25): arithmetic on constants alone."""

    two: Tensor
    quarter: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("two", torch.tensor(2.0))
        self.register_buffer("quarter", torch.tensor(0.25))

    def forward(self, scores: Tensor) -> Tensor:
        return scores / (self.two * self.quarter + self.quarter)


class First(nn.Module):
    """Three blocks, a flatten, a linear head and a temperature."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(ConvBlock(3, 8), ConvBlock(8, 16), ConvBlock(16, 16))
        self.flatten = Flatten()
        self.head = nn.Linear(16 * 4 * 4, 10)
        self.temperature = Temperature()

    def forward(self, image: Tensor) -> Tensor:
        return self.temperature(self.head(self.flatten(self.features(image)))).softmax(dim=-1)


def build() -> nn.Module:
    """float[batch, 3, 32, 32] -> float[batch, 10]."""
    return First()
