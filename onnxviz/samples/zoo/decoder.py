"""A decoder like LLaMA (Touvron et al., 2023, https://arxiv.org/abs/2302.13971), grouped-query heads."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


class RMSNorm(nn.Module):
    """Divide by the root of the mean square (Zhang and Sennrich, 2019, https://arxiv.org/abs/1910.07467)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6))


class RotaryEmbedding(nn.Module):
    """Angles by position and channel (Su et al., 2021, https://arxiv.org/abs/2104.09864).

    They depend on the length alone, yet the graph computes them at each run.
    """

    frequencies: Tensor

    def __init__(self, head_width: int) -> None:
        super().__init__()
        channels = torch.arange(0, head_width, 2, dtype=torch.float32)
        self.register_buffer("frequencies", 1.0 / 10000 ** (channels / head_width))

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        positions = torch.arange(tokens.shape[1], dtype=torch.float32)
        angles = positions[:, None] * self.frequencies[None, :]
        angles = torch.cat((angles, angles), dim=-1)
        return angles.cos(), angles.sin()


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn each pair of channels (i, i + half) by its angle."""
    first, second = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-second, first), dim=-1) * sin


class Attention(nn.Module):
    """Causal attention; each key and value head serves `heads / kv_heads` query heads."""

    def __init__(self, width: int, heads: int, kv_heads: int) -> None:
        super().__init__()
        self.heads, self.kv_heads, self.head_width = heads, kv_heads, width // heads
        self.q_proj = nn.Linear(width, width, bias=False)
        self.k_proj = nn.Linear(width, kv_heads * self.head_width, bias=False)
        self.v_proj = nn.Linear(width, kv_heads * self.head_width, bias=False)
        self.o_proj = nn.Linear(width, width, bias=False)

    def split(self, x: Tensor, heads: int) -> Tensor:
        """float[batch, length, heads * w] -> float[batch, heads, length, w]."""
        return x.reshape(x.shape[0], x.shape[1], heads, self.head_width).transpose(1, 2)

    def share(self, x: Tensor) -> Tensor:
        """Repeat each key or value head for the query heads that it serves."""
        batch, kv_heads, length, width = x.shape
        group = self.heads // self.kv_heads
        wide = x[:, :, None].expand(batch, kv_heads, group, length, width)
        return wide.reshape(batch, self.heads, length, width)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, bias: Tensor) -> Tensor:
        query = rotate(self.split(self.q_proj(x), self.heads), cos, sin)
        key = self.share(rotate(self.split(self.k_proj(x), self.kv_heads), cos, sin))
        value = self.share(self.split(self.v_proj(x), self.kv_heads))
        scores = query @ key.transpose(2, 3) / math.sqrt(self.head_width) + bias
        mixed = scores.softmax(dim=-1) @ value
        return self.o_proj(mixed.transpose(1, 2).reshape(x.shape))


class FeedForward(nn.Module):
    """SwiGLU (Shazeer, 2020, https://arxiv.org/abs/2002.05202)."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(width, hidden, bias=False)
        self.up_proj = nn.Linear(width, hidden, bias=False)
        self.down_proj = nn.Linear(hidden, width, bias=False)
        self.act = nn.SiLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.down_proj(self.act(self.gate_proj(x)) * self.up_proj(x))


class DecoderLayer(nn.Module):
    """Normalize, attend, add; normalize, feed forward, add."""

    def __init__(self, width: int, heads: int, kv_heads: int) -> None:
        super().__init__()
        self.input_norm = RMSNorm(width)
        self.self_attn = Attention(width, heads, kv_heads)
        self.post_attention_norm = RMSNorm(width)
        self.mlp = FeedForward(width, hidden=2 * width)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, bias: Tensor) -> Tensor:
        x = x + self.self_attn(self.input_norm(x), cos, sin, bias)
        return x + self.mlp(self.post_attention_norm(x))


class Decoder(nn.Module):
    """Embeddings, `depth` layers, and a score for each next token."""

    def __init__(self, depth: int, width: int, heads: int, kv_heads: int, vocabulary: int) -> None:
        super().__init__()
        self.embed_tokens = nn.Embedding(vocabulary, width)
        self.rotary = RotaryEmbedding(width // heads)
        self.layers = nn.ModuleList(DecoderLayer(width, heads, kv_heads) for _ in range(depth))
        self.norm = RMSNorm(width)
        self.lm_head = nn.Linear(width, vocabulary, bias=False)

    def forward(self, tokens: Tensor) -> Tensor:
        length = tokens.shape[1]
        lowest = torch.finfo(torch.float32).min
        bias = torch.full((length, length), lowest).triu(diagonal=1)
        cos, sin = self.rotary(tokens)
        x = self.embed_tokens(tokens)
        for layer in self.layers:
            x = layer(x, cos, sin, bias)
        return self.lm_head(self.norm(x))


def build(depth: int, width: int) -> nn.Module:
    """Tokens int64[batch, length] (0 to 999) -> float[batch, length, 1000]; 4 query and 2 key heads,
    so `width` is divisible by 8.
    """
    return Decoder(depth, width, heads=4, kv_heads=2, vocabulary=1000)
