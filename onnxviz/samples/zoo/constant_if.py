"""An If whose condition is a constant: one of its two branches can never run."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class ConstantIf(nn.Module):
    """`torch.cond` on a buffer, which `torch.export` keeps as a branch."""

    doubles: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("doubles", torch.tensor(True))
        self.linear = nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        x = self.linear(x)
        return torch.cond(self.doubles, lambda y: y * 2, lambda y: (y - 1).relu(), (x,))


class ScriptedIf(nn.Module):
    """A plain `if` on the same buffer: tracing would follow one branch, scripting keeps both."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("doubles", torch.tensor(True))
        self.linear = nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        x = self.linear(x)
        if self.doubles:
            return x * 2
        return (x - 1).relu()


def build() -> nn.Module:
    """float[batch, 8] -> float[batch, 8]."""
    return ConstantIf()


def build_scripted() -> nn.Module:
    """The same function, for the TorchScript exporter."""
    return torch.jit.script(ScriptedIf())
