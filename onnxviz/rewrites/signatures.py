"""Which input and output of a result belongs to which of the original, and what differs between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from onnxviz.bench.feeds import Input
from onnxviz.errors import RewriteFailed
from onnxviz.model import Dim


@dataclass(frozen=True, slots=True)
class Pairing:
    """How two models belong together.

    `inputs`: name in the result -> name in the original. `outputs`: (name in the original, name in the
    result), in the original's order. `changes` are sentences; `is_broken` says that one of them alone makes
    the result another function: an output is missing or added, or an input that was not asked for before.
    """

    inputs: dict[str, str] = field(default_factory=dict)
    outputs: tuple[tuple[str, str], ...] = ()
    changes: tuple[str, ...] = ()
    is_broken: bool = False


def paired(
    before: tuple[Sequence[Input], Sequence[str]], after: tuple[Sequence[Input], Sequence[str]]
) -> Pairing:
    """Pair (inputs, output names) of two models: by name, and what is left by its place and type.

    Raises RewriteFailed where an input has another element type or rank in the result, so that the same
    numbers cannot go into both.
    """
    inputs, told, is_broken = _inputs(before[0], after[0])
    outputs, more, is_short = _outputs(before[1], after[1])
    return Pairing(inputs, outputs, (*told, *more), is_broken or is_short)


def renamed(inputs: Sequence[Input], names: Mapping[str, str]) -> tuple[Input, ...]:
    """The result's inputs under the original's names, so that both get the same numbers."""
    return tuple(replace(one, name=names.get(one.name, one.name)) for one in inputs)


def _inputs(before: Sequence[Input], after: Sequence[Input]) -> tuple[dict[str, str], list[str], bool]:
    known = {one.name: one for one in before}
    names, told = {}, []
    for one in after:
        if one.name in known:
            _check_alike(known[one.name], one)
            names[one.name] = one.name
    left = [one for one in before if one.name not in names]
    is_broken = False
    for one in after:
        if one.name in names:
            continue
        twin = next((other for other in left if _are_alike(other, one)), None)
        if twin is None:
            told.append(f"The result asks for an input {one.name!r} that the original does not have.")
            is_broken = True
        else:
            left.remove(twin)
            names[one.name] = twin.name
            told.append(f"The input {twin.name!r} is called {one.name!r} in the result.")
    told.extend(f"The result no longer has the input {one.name!r}." for one in left)
    return names, told, is_broken


def _outputs(
    before: Sequence[str], after: Sequence[str]
) -> tuple[tuple[tuple[str, str], ...], list[str], bool]:
    spare = [name for name in after if name not in before]
    pairs, told = [], []
    is_broken = len(before) != len(after)
    for name in before:
        if name in after:
            pairs.append((name, name))
        elif spare and not is_broken:
            pairs.append((name, spare.pop(0)))
            told.append(f"The output {name!r} is called {pairs[-1][1]!r} in the result.")
        else:
            told.append(f"The result has no output {name!r}.")
    if is_broken:
        told.extend(f"The result has an output {name!r} more." for name in spare)
        if not told:
            told.append(f"The result has {len(after)} outputs and the original has {len(before)}.")
    elif not told and list(before) != list(after):
        told.append("The outputs come in another order in the result.")
    return tuple(pairs), told, is_broken


def _check_alike(before: Input, after: Input) -> None:
    if not _are_alike(before, after):
        cause = f"is {_type_text(before)} in the original and {_type_text(after)} in the result"
        raise RewriteFailed(f"The input {before.name!r}", cause, "Compare models that take the same numbers")


def _are_alike(before: Input, after: Input) -> bool:
    if before.elem_type != after.elem_type or len(before.shape) != len(after.shape):
        return False
    return all(_fits(a, b) for a, b in zip(before.shape, after.shape, strict=True))


def _fits(a: Dim, b: Dim) -> bool:
    return a == b or not isinstance(a, int) or not isinstance(b, int)


def _type_text(one: Input) -> str:
    from onnx import TensorProto

    dims = ", ".join("?" if dim is None else str(dim) for dim in one.shape)
    return f"{TensorProto.DataType.Name(one.elem_type).lower()}[{dims}]"
