"""Whoever visits the app in a benchmark, with a browser or without."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field


@dataclass(slots=True)
class Person:
    """`think_s`: seconds between clicks, least and most."""

    name: str
    dice: random.Random
    think_s: tuple[float, float]
    results: dict[str, list[float]] = field(default_factory=dict)
    """Kind -> seconds of waiting for something that a job makes."""
    faults: list[str] = field(default_factory=list)

    async def think(self) -> None:
        """Look at what is there, as long as a person might."""
        await asyncio.sleep(self.dice.uniform(*self.think_s))
