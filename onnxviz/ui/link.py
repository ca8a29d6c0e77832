"""What a person chose to export, as query parameters of a link: `?sample=decoder&depth=12`.

Only what differs from the sample's defaults is written, so that a link can be read aloud. No Streamlit here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from onnxviz.errors import BadUsage
from onnxviz.samples.catalog import Sample, find
from onnxviz.samples.options import CompleteOptions, ExportOptions, complete, parse_dynamic, parse_settings
from onnxviz.samples.types import Exporter

Parameters = Mapping[str, Sequence[str]]
"""Query parameter -> its values, in order."""

STATIC = "none"
"""Value of `dynamic` in a link that keeps every axis at its size."""

EXPORTER_NAMES: dict[Exporter, str] = {"dynamo": "dynamo", "torchscript": "TorchScript"}


@dataclass(frozen=True, slots=True)
class Choice:
    """A sample and how to export it; `problem` is what was wrong with the link, if anything was."""

    sample: Sample
    options: CompleteOptions
    problem: BadUsage | None = None


def names(text: str) -> tuple[str, ...]:
    """`"tokens, mask"` -> `("tokens", "mask")`. Empty parts are kept: they are a mistake to be told of."""
    return tuple(part.strip() for part in text.split(","))


def read(parameters: Parameters) -> Choice:
    """The choice that a link names. What it gets wrong is left at its default and told in `problem`.

    Raises `BadUsage` where there is no such sample.
    """
    sample = find(_last(parameters, "sample"))
    options, problem = ExportOptions(), None
    # The exporter decides which opsets there are, and the names what dynamic axes may refer to.
    first = ("exporter", "opset", "inputs", "outputs")
    rest = [key for key in parameters if key not in ("sample", *first)]
    for key in [*(key for key in first if key in parameters), *rest]:
        try:
            wider = _with(options, key, parameters)
            complete(sample, wider)
        except BadUsage as error:
            problem = problem or error
        else:
            options = wider
    return Choice(sample, complete(sample, options), problem)


def write(sample: Sample, options: CompleteOptions) -> dict[str, list[str]]:
    """The parameters of a link to this choice; `read` undoes it."""
    usual = complete(sample, ExportOptions())
    link = {"sample": [sample.id]}
    link |= {name: [str(value)] for name, value in options.settings.items() if value != usual.settings[name]}
    if options.exporter != usual.exporter:
        link["exporter"] = [options.exporter]
    if options.opset != usual.opset:
        link["opset"] = [str(options.opset)]
    if options.optimize != usual.optimize:
        link["fold"] = ["yes" if options.optimize else "no"]
    if options.input_names != usual.input_names:
        link["inputs"] = [",".join(options.input_names)]
    if options.output_names != usual.output_names:
        link["outputs"] = [",".join(options.output_names)]
    renamed = complete(sample, ExportOptions(input_names=options.input_names))
    if options.dynamic != renamed.dynamic:
        link["dynamic"] = _dynamic_texts(options.dynamic) or [STATIC]
    return link


def title(sample: Sample, options: CompleteOptions) -> str:
    """`Decoder · depth 12 · TorchScript`: the sample and what a person would tell it apart by."""
    usual = complete(sample, ExportOptions())
    parts = [re.sub(r" \(like .*\)$", "", sample.title)]
    parts += [
        f"{name.replace('_', ' ')} {value}"
        for name, value in options.settings.items()
        if name == "depth" or value != usual.settings[name]
    ]
    if options.exporter != usual.exporter:
        parts.append(EXPORTER_NAMES[options.exporter])
    if options.opset != usual.opset:
        parts.append(f"opset {options.opset}")
    if options.optimize:
        parts.append("folded by PyTorch")
    return " · ".join(parts)


def _dynamic_texts(dynamic: Mapping[str, Mapping[int, str]]) -> list[str]:
    return [f"{name}:{axis}={symbol}" for name, axes in dynamic.items() for axis, symbol in axes.items()]


def _last(parameters: Parameters, key: str) -> str:
    return (parameters.get(key) or [""])[-1]


def _with(options: ExportOptions, key: str, parameters: Parameters) -> ExportOptions:
    """`options` with one parameter of a link; raises `BadUsage` where it cannot be read."""
    text = _last(parameters, key)
    if key == "exporter":
        return replace(options, exporter=text.lower())  # type: ignore[arg-type]  # `complete` checks it
    if key == "opset":
        return replace(options, opset=_whole("opset", text))
    if key == "fold":
        return replace(options, optimize=text.lower() in ("yes", "1", "true", "on"))
    if key == "inputs":
        return replace(options, input_names=names(text))
    if key == "outputs":
        return replace(options, output_names=names(text))
    if key == "dynamic":
        values = [value for value in parameters[key] if value not in ("", STATIC)]
        return replace(options, dynamic=parse_dynamic(values))
    return replace(options, settings={**options.settings, **parse_settings([f"{key}={text}"])})


def _whole(name: str, text: str) -> int:
    if not re.fullmatch(r"\d{1,4}", text):
        raise BadUsage(f"{name}={text[:40]}", "is not a whole number", f"For example {name}=20.")
    return int(text)
