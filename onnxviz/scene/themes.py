"""The colours of a drawing, light and dark."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Theme:
    """CSS colours of one appearance."""

    paper: str
    ink: str
    quiet: str
    line: str
    edge: str
    box: str
    frames: tuple[str, str]
    """Fills of open groups, by turns from the outside in."""
    group: str
    end: str
    removed: str
    added: str
    changed: str
    problem: str
    kept: str
    """For what did not change, in a comparison."""


LIGHT = Theme(
    paper="#ffffff",
    ink="#1d2733",
    quiet="#5a6673",
    line="#aeb9c4",
    edge="#7c8996",
    box="#ffffff",
    frames=("#f3f6f9", "#fbfcfd"),
    group="#e9eff6",
    end="#eef7ee",
    removed="#c62f3b",
    added="#2a8540",
    changed="#a86e00",
    problem="#c62f3b",
    kept="#8a95a0",
)
DARK = Theme(
    paper="#0f141a",
    ink="#e6ebf0",
    quiet="#a0acb8",
    line="#46525f",
    edge="#7d8b99",
    box="#1b232c",
    frames=("#151c24", "#10161d"),
    group="#222e3b",
    end="#1a2a22",
    removed="#ff7b84",
    added="#6fd389",
    changed="#f0bd4f",
    problem="#ff7b84",
    kept="#7d8b99",
)
