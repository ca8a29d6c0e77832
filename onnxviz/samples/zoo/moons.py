"""Two half moons of points, which no straight line divides, and a network that learns to tell them apart."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def half_moons(count: int) -> tuple[Tensor, Tensor]:
    """`count` points of the plane, float[count, 2], and for each the moon that it is from: 0 or 1."""
    moon = torch.arange(count) % 2
    angle = torch.pi * torch.rand(count)
    upper = torch.stack([angle.cos(), angle.sin()], dim=1)
    lower = torch.stack([1 - angle.cos(), 0.5 - angle.sin()], dim=1)
    points = torch.where(moon[:, None] == 0, upper, lower)
    return points + 0.1 * torch.randn(count, 2), moon


class Classifier(nn.Module):
    """A point of the plane -> a score for each of the two moons; the higher one is the answer."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = nn.Linear(2, 16)
        self.middle = nn.Linear(16, 16)
        self.head = nn.Linear(16, 2)

    def forward(self, points: Tensor) -> Tensor:
        return self.head(self.middle(self.hidden(points).relu()).relu())


def train(steps: int = 400) -> Classifier:
    """Train on 500 points; print the loss at the start and after every 100 steps."""
    points, moon = half_moons(500)
    model = Classifier()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for step in range(steps + 1):
        loss = nn.functional.cross_entropy(model(points), moon)
        if step % 100 == 0:
            print(f"step {step:3}: loss {loss.item():.4f}")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model.eval()


def export(model: nn.Module, file: str) -> None:
    """Write `model` to an ONNX file that takes any number of points at once."""
    torch.onnx.export(
        model,
        (torch.zeros(3, 2),),
        file,
        input_names=["points"],
        output_names=["scores"],
        dynamic_shapes={"points": {0: "batch"}},
        dynamo=True,
        verbose=False,
        external_data=False,
    )
