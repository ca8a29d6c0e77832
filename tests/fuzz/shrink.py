"""`python -m tests.fuzz.shrink NUMBER VERB -o FILE`: the smallest file found that still ends the same way.

First steps of the case are left out, then items of lists and fields of the model, one after the other, as
long as the verb still ends as it did.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from google.protobuf.message import DecodeError, Message
from onnx import ModelProto

from tests.fuzz.harness import Trial, trial
from tests.fuzz.mutations import Case, case
from tests.fuzz.reflection import is_repeated, messages

Ends = Callable[[bytes], bool]
"""Whether a file ends as the case did."""


def main() -> None:
    """Shrink the case that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.shrink", description=__doc__)
    parser.add_argument("number", type=int)
    parser.add_argument("verb")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("-o", dest="out", type=Path, required=True)
    args = parser.parse_args()
    made = case(args.number, args.seed)
    with trial(1) as tried:
        wanted = _end(tried, made, made.data(), args.verb)
        print(f"{made.name}: {args.verb}: {wanted}")
        small = shrunk(made, lambda data: _end(tried, made, data, args.verb) == wanted)
    args.out.write_bytes(small)
    print(f"{len(made.data()):,} -> {len(small):,} bytes: {args.out}")


def shrunk(made: Case, ends: Ends) -> bytes:
    """The case's file, made smaller."""
    for place in list(made.steps):
        fewer = replace(made, steps=tuple(step for step in made.steps if step != place))
        made = fewer if fewer.steps and ends(fewer.data()) else made
    data = made.data()
    try:
        model = ModelProto.FromString(data)
    except DecodeError:
        return data
    went = True
    while went:
        went = False
        for smaller in _smaller(model):
            if smaller.ByteSize() < model.ByteSize() and ends(smaller.SerializeToString()):
                model, went = smaller, True
                break
    return bytes(model.SerializeToString())


def _smaller(model: ModelProto) -> Iterator[ModelProto]:
    """Copies of the model, each without one field or one item, large ones first."""
    cuts = []
    for place, message in enumerate(messages(model)):
        for field, value in message.ListFields():
            items = range(len(value)) if is_repeated(field) else [None]
            for item in items:
                part = value if item is None else value[item]
                size = part.ByteSize() if isinstance(part, Message) else 1
                cuts.append((size, place, field.name, item))
    for _, place, name, item in sorted(cuts, key=lambda cut: -cut[0]):
        copy = ModelProto()
        copy.CopyFrom(model)
        message = next(one for number, one in enumerate(messages(copy)) if number == place)
        if item is None:
            message.ClearField(name)
        else:
            del getattr(message, name)[item]
        yield copy


def _end(tried: Trial, made: Case, data: bytes, verb: str) -> str:
    outcomes = tried(replace(made, given=data))
    return next((f"{one.end}: {one.words[:60]}" for one in outcomes if one.verb == verb), "")


if __name__ == "__main__":
    main()
