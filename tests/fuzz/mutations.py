"""(seed model, number) -> a file that no exporter writes, the same each time.

A case is one to three named steps. Each draws from a generator of its own, so that a step can be left out
without another one changing: that is how a case is made smaller (`shrink`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from google.protobuf.message import DecodeError
from onnx import ModelProto

from tests.fuzz import bytewise, modelwise, reflection
from tests.fuzz.hostile import with_invalid
from tests.fuzz.seeds import Seed, seeds

MOST_BYTES = 300_000
"""A step that makes a model larger than this is left out: the time is for many cases."""

Mutate = Callable[[ModelProto, Random], None]

FIELDS: dict[str, Mutate] = {
    mutate.__name__: mutate
    for mutate in (
        reflection.set_scalar,
        reflection.clear_field,
        reflection.empty_message,
        reflection.drop_item,
        reflection.repeat_item,
        reflection.shuffle_items,
        reflection.transplant,
        reflection.graft,
    )
}
MEANINGS: dict[str, Mutate] = {mutate.__name__: mutate for mutate in modelwise.MUTATORS}
OF_MODELS = FIELDS | MEANINGS

BYTES_SHARE = 0.2
"""Most of what is changed as bytes is refused when it is read, and tells little of what comes after."""
MEANINGS_SHARE = 0.65
"""Of the other steps; the rest are of fields."""


@dataclass(frozen=True, slots=True)
class Case:
    """A seed model and a number; `steps` are the names of the mutations, with the place of each, which seeds
    its generator. A file that is `given` takes the place of what they make."""

    seed: Seed
    number: int
    steps: tuple[tuple[int, str], ...]
    given: bytes = b""

    @property
    def name(self) -> str:
        """Seed and number."""
        return f"{self.seed.name}-{self.number}"

    def data(self) -> bytes:
        """The file."""
        return self.given or mutated(self.seed, self.number, self.steps)


def case(number: int, run_seed: int = 0) -> Case:
    """The case of this number: every seed model has its turn."""
    all_seeds = seeds()
    seed = all_seeds[number % len(all_seeds)]
    number += run_seed * 1_000_000
    draw = Random(f"{seed.name}:{number}")
    if draw.random() < BYTES_SHARE:
        chosen = [draw.choice(list(bytewise.MUTATORS)) for _ in range(draw.choice((1, 1, 2)))]
    else:
        chosen = [_of_model(draw) for _ in range(draw.choice((1, 1, 1, 2, 2, 3)))]
    return Case(seed, number, tuple(enumerate(chosen)))


def mutated(seed: Seed, number: int, steps: Sequence[tuple[int, str]]) -> bytes:
    """The seed's bytes after `steps`. One that the model has no place for sets some scalar instead."""
    data = seed.data
    for place, name in steps:
        draw = Random(f"{seed.name}:{number}:{place}")
        if name in bytewise.MUTATORS:
            found = bytewise.MUTATORS[name](data, draw)
        else:
            found = _step(data, name, draw)
            found = _step(data, reflection.set_scalar.__name__, draw) if found == data else found
        data = found if 0 < len(found) <= MOST_BYTES else data
    return with_invalid(data)


def _of_model(draw: Random) -> str:
    return draw.choice(list(MEANINGS if draw.random() < MEANINGS_SHARE else FIELDS))


def _step(data: bytes, name: str, draw: Random) -> bytes:
    try:
        model = ModelProto.FromString(data)
    except DecodeError:
        # An earlier step nested it deeper than protobuf reads.
        return data
    OF_MODELS[name](model, draw)
    return bytes(model.SerializeToString())
