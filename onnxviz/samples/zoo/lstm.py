"""A long short-term memory: one ONNX operator a layer, amid transposes and reshuffled weights."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Tagger(nn.Module):
    """Embed tokens, run an LSTM from both ends, and score each position."""

    def __init__(self, depth: int, width: int, vocabulary: int, tags: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        self.lstm = nn.LSTM(width, width, num_layers=depth, batch_first=True, bidirectional=True)
        self.head = nn.Linear(2 * width, tags)
        self.states, self.width = 2 * depth, width

    def forward(self, tokens: Tensor) -> Tensor:
        start = torch.zeros(self.states, tokens.shape[0], self.width)
        hidden, _ = self.lstm(self.embedding(tokens), (start, start))
        return self.head(hidden)


def build(depth: int, width: int) -> nn.Module:
    """int64[batch, length] (0 to 999) -> float[batch, length, 9]."""
    return Tagger(depth, width, vocabulary=1000, tags=9)
