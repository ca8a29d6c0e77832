"""An encoder like BERT (Devlin et al., 2018, https://arxiv.org/abs/1810.04805)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


class Embeddings(nn.Module):
    """Word, position and segment vectors, added and normalized."""

    position_ids: Tensor

    def __init__(self, width: int, vocabulary: int, longest: int) -> None:
        super().__init__()
        self.word = nn.Embedding(vocabulary, width)
        self.position = nn.Embedding(longest, width)
        self.segment = nn.Embedding(2, width)
        self.norm = nn.LayerNorm(width)
        self.register_buffer("position_ids", torch.arange(longest).unsqueeze(0))

    def forward(self, tokens: Tensor) -> Tensor:
        positions = self.position_ids[:, : tokens.shape[1]]
        segments = torch.zeros_like(tokens)
        return self.norm(self.word(tokens) + self.position(positions) + self.segment(segments))


class SelfAttention(nn.Module):
    """Scaled dot products of all positions with all, several heads at once."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads, self.head_width = heads, width // heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.output = nn.Linear(width, width)

    def split(self, x: Tensor) -> Tensor:
        """float[batch, length, width] -> float[batch, heads, length, width / heads]."""
        return x.reshape(x.shape[0], x.shape[1], self.heads, self.head_width).transpose(1, 2)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        query, key, value = self.split(self.query(x)), self.split(self.key(x)), self.split(self.value(x))
        scores = query @ key.transpose(-2, -1) / math.sqrt(self.head_width) + bias
        mixed = scores.softmax(dim=-1) @ value
        return self.output(mixed.transpose(1, 2).reshape(x.shape))


class Layer(nn.Module):
    """Attention and a feed-forward part, each added to its input and normalized afterwards."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.attention = SelfAttention(width, heads)
        self.attention_norm = nn.LayerNorm(width)
        self.feed_forward = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))
        self.output_norm = nn.LayerNorm(width)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        x = self.attention_norm(x + self.attention(x, bias))
        return self.output_norm(x + self.feed_forward(x))


class Encoder(nn.Module):
    """Embeddings, `depth` layers, and a pooled first position."""

    def __init__(self, depth: int, width: int, heads: int, vocabulary: int, longest: int) -> None:
        super().__init__()
        self.embeddings = Embeddings(width, vocabulary, longest)
        self.layer = nn.ModuleList(Layer(width, heads) for _ in range(depth))
        self.pooler = nn.Linear(width, width)

    def forward(self, tokens: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        hidden_from_view = 1.0 - mask[:, None, None, :].to(torch.float32)
        bias = hidden_from_view * torch.finfo(torch.float32).min
        x = self.embeddings(tokens)
        for layer in self.layer:
            x = layer(x, bias)
        return x, self.pooler(x[:, 0]).tanh()


def build(depth: int, width: int) -> nn.Module:
    """Tokens int64[batch, length] (0 to 999) and a mask of ones and zeros of the same shape ->
    float[batch, length, width] and float[batch, width]; 4 heads, so `width` is divisible by 4.
    """
    return Encoder(depth, width, heads=4, vocabulary=1000, longest=512)
