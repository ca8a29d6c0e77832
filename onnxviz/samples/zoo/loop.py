"""A Loop: a body that runs as often as an input says, so nothing outside can unroll it."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch._higher_order_ops import while_loop


class Smooth(nn.Module):
    """Mix a running value with x, `steps` times; `while_loop` is what `torch.export` keeps as a loop."""

    def forward(self, x: Tensor, steps: Tensor) -> Tensor:
        def unfinished(count: Tensor, mixed: Tensor) -> Tensor:
            return count < steps

        def mix(count: Tensor, mixed: Tensor) -> tuple[Tensor, Tensor]:
            return count + 1, mixed * 0.5 + x

        _, result = while_loop(unfinished, mix, (torch.zeros_like(steps), torch.zeros_like(x)))
        return result


class ScriptedSmooth(nn.Module):
    """The same as a plain `for`: tracing would unroll it, scripting keeps it."""

    def forward(self, x: Tensor, steps: Tensor) -> Tensor:
        mixed = torch.zeros_like(x)
        for _ in range(int(steps)):
            mixed = mixed * 0.5 + x
        return mixed


def build() -> nn.Module:
    """float[batch, features] and an int64 scalar -> float[batch, features]."""
    return Smooth()


def build_scripted() -> nn.Module:
    """The same function, for the TorchScript exporter."""
    return torch.jit.script(ScriptedSmooth())
