"""How a sample is to be exported, checked before torch is asked.

A person's mistakes are found here, where the sentence can name the option; what only the exporter can
know is told by `onnxviz.samples.words`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from onnxviz.errors import BadUsage
from onnxviz.samples.catalog import BOTH, Exporter, Sample, Setting, TensorSpec

OPSETS: dict[Exporter, tuple[int, int]] = {"dynamo": (18, 25), "torchscript": (7, 20)}
"""Lowest and highest default-domain opset of each exporter.

Dynamo: its translations start at 18 (`TORCHLIB_OPSET`, torch 2.13) and onnxscript 0.7.2 converts from 18
to 25; below 18 a conversion is tried that keeps opset 18 without an error when it fails. TorchScript:
`ONNX_MIN_OPSET` to `ONNX_TORCHSCRIPT_EXPORTER_MAX_OPSET` (torch 2.13); beyond, it writes a number that
its operators do not fit.
"""

DEFAULT_OPSET = 20
"""What `torch.onnx.export` takes when nothing is said (`ONNX_DEFAULT_OPSET`, torch 2.13)."""

LONGEST_NAME = 100
"""Longest tensor or axis name, in characters: what a label on a box can show."""

_AXIS_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class ExportOptions:
    """How to export. None (or, for settings, a missing key) stands for the sample's default.

    `dynamic` is input name -> {axis: symbolic size}; an empty mapping makes every axis static.
    `optimize` lets the exporter fold constants itself; without it the file keeps what the explorer is
    there to show. `input_names` and `output_names` are in the order of `Sample.inputs` and `.outputs`.
    """

    exporter: Exporter | None = None
    opset: int | None = None
    input_names: tuple[str, ...] | None = None
    output_names: tuple[str, ...] | None = None
    dynamic: Mapping[str, Mapping[int, str]] | None = None
    optimize: bool = False
    settings: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class CompleteOptions:
    """`ExportOptions` with nothing left open, and every value checked."""

    exporter: Exporter
    opset: int
    input_names: tuple[str, ...]
    output_names: tuple[str, ...]
    dynamic: Mapping[str, Mapping[int, str]]
    optimize: bool
    settings: Mapping[str, int]


def complete(sample: Sample, options: ExportOptions) -> CompleteOptions:
    """Check `options` against `sample` and fill in its defaults; raises `BadUsage`."""
    exporter = _exporter(sample, options.exporter)
    names = _names("input_names", options.input_names, sample.inputs)
    outputs = _names("output_names", options.output_names, sample.outputs)
    both = sorted(set(names) & set(outputs))
    if both:
        raise BadUsage(f"name {both[0]!r}", "an input and an output share it", "Rename one of them.")
    return CompleteOptions(
        exporter=exporter,
        opset=_opset(exporter, options.opset),
        input_names=names,
        output_names=outputs,
        dynamic=_dynamic(sample, names, options.dynamic),
        optimize=options.optimize,
        settings=_settings(sample, options.settings),
    )


def _exporter(sample: Sample, asked: str | None) -> Exporter:
    if asked is None:
        return sample.default_exporter
    for exporter in sample.exporters:
        if exporter == asked:
            return exporter
    if asked in BOTH:
        raise BadUsage(f"exporter {asked!r}", f"cannot export {sample.title}: {sample.excuse}")
    raise BadUsage(f"exporter {asked!r}", "is not known", f"Use {' or '.join(BOTH)}.")


def _opset(exporter: Exporter, asked: int | None) -> int:
    if asked is None:
        return DEFAULT_OPSET
    lowest, highest = OPSETS[exporter]
    if isinstance(asked, int) and lowest <= asked <= highest:
        return asked
    others = [name for name in BOTH if name != exporter and OPSETS[name][0] <= asked <= OPSETS[name][1]]
    instead = f", or the {others[0]} exporter" if others else ""
    raise BadUsage(
        f"opset {asked}",
        f"the {exporter} exporter of this PyTorch does not write it",
        f"Use {lowest} to {highest}{instead}.",
    )


def _names(option: str, asked: Sequence[str] | None, specs: tuple[TensorSpec, ...]) -> tuple[str, ...]:
    if asked is None:
        return tuple(spec.name for spec in specs)
    if len(asked) != len(specs):
        own = ", ".join(spec.name for spec in specs)
        raise BadUsage(option, f"{len(asked)} given, but the sample has {len(specs)}", f"They are: {own}.")
    for name in asked:
        if not name.strip() or not name.isprintable() or len(name) > LONGEST_NAME:
            remedy = f"Use 1 to {LONGEST_NAME} printable characters."
            raise BadUsage(f"{option}: {name[:40]!r}", "is not a usable name", remedy)
        if list(asked).count(name) > 1:
            raise BadUsage(f"{option}: {name!r}", "is there twice", "Give each tensor a name of its own.")
    return tuple(asked)


def _settings(sample: Sample, asked: Mapping[str, int]) -> dict[str, int]:
    known = {setting.name: setting for setting in sample.settings}
    for name, value in asked.items():
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            remedy = f"Did you mean {near[0]}?" if near else f"It has: {', '.join(known)}."
            raise BadUsage(f"setting {name[:40]!r}", f"{sample.title} has no such setting", remedy)
        _check_setting(known[name], value)
    return sample.defaults() | {name: int(value) for name, value in asked.items()}


def _check_setting(setting: Setting, value: object) -> None:
    subject = f"setting {setting.name}={value!r}"
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadUsage(subject, "is not a whole number", f"For example {setting.name}={setting.default}.")
    if setting.choices and value not in setting.choices:
        raise BadUsage(subject, "is not on offer", f"Use {', '.join(map(str, setting.choices))}.")
    if not setting.minimum <= value <= setting.maximum:
        raise BadUsage(subject, "is out of range", f"Use {setting.minimum} to {setting.maximum}.")
    if value % setting.step:
        raise BadUsage(subject, f"is not divisible by {setting.step}", f"Try {value - value % setting.step}.")


def _dynamic(
    sample: Sample, names: tuple[str, ...], asked: Mapping[str, Mapping[int, str]] | None
) -> dict[str, dict[int, str]]:
    renamed = dict(zip((spec.name for spec in sample.inputs), names, strict=True))
    if asked is None:
        return {renamed[name]: dict(axes) for name, axes in sample.dynamic.items()}
    specs = dict(zip(names, sample.inputs, strict=True))
    for name, axes in asked.items():
        if name not in specs:
            raise BadUsage(
                f"dynamic axis of {name[:40]!r}",
                "there is no such input (outputs follow from the inputs)",
                f"The inputs are: {', '.join(names)}.",
            )
        for axis, symbol in axes.items():
            _check_axis(name, axis, symbol, len(specs[name].axes))
    return {name: dict(sorted(axes.items())) for name, axes in asked.items() if axes}


def _check_axis(name: str, axis: int, symbol: str, rank: int) -> None:
    subject = f"dynamic axis {name}:{axis}={symbol[:40]}"
    if rank == 0:
        raise BadUsage(subject, "this input is a single number and has no axes")
    if not 0 <= axis < rank:
        raise BadUsage(subject, f"the input has {rank} axes", f"Use an axis from 0 to {rank - 1}.")
    if not _AXIS_NAME.fullmatch(symbol) or len(symbol) > LONGEST_NAME:
        remedy = "Use letters, digits and underscores, such as batch."
        raise BadUsage(subject, "the name is not a plain word", remedy)


def parse_dynamic(items: Iterable[str]) -> dict[str, dict[int, str]]:
    """`["x:0=batch", "x:1=length"]` -> `{"x": {0: "batch", 1: "length"}}`; raises `BadUsage`."""
    found: dict[str, dict[int, str]] = {}
    for item in items:
        match = re.fullmatch(r"(.+):(-?\d{1,4})=(.*)", item.strip())
        if match is None:
            remedy = "Write INPUT:AXIS=NAME, for example x:0=batch."
            raise BadUsage(f"dynamic axis {item[:60]!r}", "cannot be read", remedy)
        name, axis, symbol = match[1].strip(), int(match[2]), match[3].strip()
        axes = found.setdefault(name, {})
        if axis in axes:
            raise BadUsage(f"dynamic axis {name}:{axis}", "is there twice", "Name it once.")
        axes[axis] = symbol
    return found


def parse_settings(items: Iterable[str]) -> dict[str, int]:
    """`["depth=12"]` -> `{"depth": 12}`; raises `BadUsage`."""
    found: dict[str, int] = {}
    for item in items:
        match = re.fullmatch(r"\s*([A-Za-z_]\w*)\s*=\s*(-?\d{1,9})\s*", item)
        if match is None:
            remedy = "Write NAME=NUMBER, for example depth=12."
            raise BadUsage(f"setting {item[:60]!r}", "cannot be read", remedy)
        if match[1] in found:
            raise BadUsage(f"setting {match[1]!r}", "is there twice", "Give it once.")
        found[match[1]] = int(match[2])
    return found


def with_settings(options: ExportOptions, **settings: int) -> ExportOptions:
    """The same options with these settings changed."""
    return replace(options, settings={**options.settings, **settings})
