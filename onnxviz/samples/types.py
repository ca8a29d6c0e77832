"""What a sample model is: plain data, read by the gallery, the checks and the exporter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Exporter = Literal["dynamo", "torchscript"]
TensorKind = Literal["normal", "token", "mask", "count"]
Axis = int | str | None

BOTH: tuple[Exporter, ...] = ("dynamo", "torchscript")
"""Every exporter of PyTorch."""


@dataclass(frozen=True, slots=True)
class Setting:
    """An integer that a person may choose: within `minimum`..`maximum`, divisible by `step`, or, where
    `choices` is not empty, one of those.
    """

    name: str
    label: str
    default: int
    minimum: int
    maximum: int
    step: int = 1
    choices: tuple[int, ...] = ()
    help: str = ""


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """An input or output of a sample.

    `name` is the parameter's name in `forward` (and the default name in the file). Each axis is a
    size, the name of the setting that gives it (`"batch"`), a multiple of one (`"8*repeats"`), or, in an
    output, None for what is none of these.
    `kind` says what an example holds: normally distributed floats, tokens (int64), a mask of ones
    (int64), or a count (an int64 scalar).
    """

    name: str
    axes: tuple[Axis, ...]
    kind: TensorKind = "normal"

    def sizes(self, settings: Mapping[str, int]) -> tuple[int, ...]:
        """The shape under `settings`."""
        return tuple(_size(axis, settings) for axis in self.axes)


def _size(axis: Axis, settings: Mapping[str, int]) -> int:
    if axis is None:
        raise ValueError("the catalog does not say how long this axis is")
    if isinstance(axis, int):
        return axis
    factor, star, name = axis.rpartition("*")
    return int(factor) * settings[name] if star else settings[name]


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample model.

    `module` is the file in `onnxviz/samples/zoo`; `builders` names the function in it for each
    exporter that works, and `excuse` says why one does not. `build_with` names the settings that the
    builder takes. `dynamic` is input -> {axis: name} as it is exported unless a person says otherwise.
    """

    id: str
    title: str
    teaches: str
    module: str
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    settings: tuple[Setting, ...] = ()
    build_with: tuple[str, ...] = ()
    builders: tuple[tuple[Exporter, str], ...] = (("dynamo", "build"), ("torchscript", "build"))
    default_exporter: Exporter = "dynamo"
    dynamic: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    excuse: str = ""

    @property
    def exporters(self) -> tuple[Exporter, ...]:
        """The exporters that can export this sample."""
        return tuple(exporter for exporter, _ in self.builders)

    @property
    def source_path(self) -> Path:
        """The Python file that defines the model."""
        return Path(__file__).parent / "zoo" / f"{self.module}.py"

    def defaults(self) -> dict[str, int]:
        """Setting name -> default."""
        return {setting.name: setting.default for setting in self.settings}
