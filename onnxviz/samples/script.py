"""The standalone Python that exports a sample: what a person would write, ready to copy and run.

`plan` decides every argument of the call once; `script` writes it down and `onnxviz.samples.export`
carries it out, so what runs is what is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from onnxviz.samples.catalog import VOCABULARY, Sample, TensorSpec, find
from onnxviz.samples.options import CompleteOptions, ExportOptions, complete

SEED = 0
"""Given to `torch.manual_seed` before the model is built: the same weights every time."""

LOOP_COUNT = 4
"""The example value of an input that says how often a loop runs."""

LONGEST_LINE = 66
"""Characters of a keyword's line in the script: what fits beside the options on a page."""


@dataclass(frozen=True, slots=True)
class TensorCall:
    """A call of `torch.<function>(*positional, dtype=torch.<dtype>)` that makes an example input."""

    function: str
    positional: tuple[int | tuple[int, ...], ...]
    dtype: str | None = None

    def text(self) -> str:
        """The call as Python source."""
        parts = [repr(value) for value in self.positional]
        if self.dtype is not None:
            parts.append(f"dtype=torch.{self.dtype}")
        return f"torch.{self.function}({', '.join(parts)})"


@dataclass(frozen=True, slots=True)
class Plan:
    """One export: `builder(**arguments)` of `sample.module`, on `dummy_input`, with `keywords` for
    `torch.onnx.export` (https://docs.pytorch.org/docs/stable/onnx_export.html).
    """

    sample: Sample
    options: CompleteOptions
    builder: str
    arguments: Mapping[str, int]
    dummy_input: tuple[TensorCall, ...]
    keywords: Mapping[str, object]


def plan(sample_id: str, options: ExportOptions) -> Plan:
    """Every argument of the export; raises `BadUsage` on an unknown sample or option."""
    sample = find(sample_id)
    full = complete(sample, options)
    return Plan(
        sample=sample,
        options=full,
        builder=dict(sample.builders)[full.exporter],
        arguments={name: full.settings[name] for name in sample.build_with},
        dummy_input=tuple(_example(spec, full.settings) for spec in sample.inputs),
        keywords=_keywords(sample, full),
    )


def _example(spec: TensorSpec, settings: Mapping[str, int]) -> TensorCall:
    sizes = spec.sizes(settings)
    if spec.kind == "token":
        return TensorCall("randint", (0, VOCABULARY, sizes))
    if spec.kind == "mask":
        return TensorCall("ones", sizes, dtype="int64")
    if spec.kind == "count":
        return TensorCall("tensor", (LOOP_COUNT,))
    return TensorCall("randn", sizes)


def _keywords(sample: Sample, full: CompleteOptions) -> dict[str, object]:
    keywords: dict[str, object] = {
        "input_names": list(full.input_names),
        "output_names": list(full.output_names),
    }
    if full.exporter == "dynamo":
        if full.dynamic:
            keywords["dynamic_shapes"] = _dynamic_shapes(sample, full)
        # One file: the largest sample is about 0.5 GB, well below the 2 GB limit of a protobuf.
        rest = {"dynamo": True, "optimize": full.optimize, "external_data": False}
    else:
        if full.dynamic:
            keywords["dynamic_axes"] = _dynamic_axes(sample, full)
        rest = {"dynamo": False, "do_constant_folding": full.optimize}
    return keywords | {"opset_version": full.opset} | rest


def _dynamic_shapes(sample: Sample, full: CompleteOptions) -> dict[str, dict[int, str]]:
    """By parameter of `forward`, every input listed, as `torch.export` wants it."""
    pairs = zip(sample.inputs, full.input_names, strict=True)
    return {spec.name: dict(full.dynamic.get(name, {})) for spec, name in pairs}


def _dynamic_axes(sample: Sample, full: CompleteOptions) -> dict[str, dict[int, str]]:
    """By tensor name. Outputs are listed too: the TorchScript exporter names no output axis itself."""
    axes = {name: dict(named) for name, named in full.dynamic.items()}
    symbols: dict[str, str] = {}
    for spec, name in zip(sample.inputs, full.input_names, strict=True):
        for axis, symbol in axes.get(name, {}).items():
            size = spec.axes[axis]
            if isinstance(size, str):
                symbols.setdefault(size, symbol)
    for spec, name in zip(sample.outputs, full.output_names, strict=True):
        named = {i: symbols[size] for i, size in enumerate(spec.axes) if size in symbols}
        if named:
            axes[name] = named
    return axes


def script(sample_id: str, options: ExportOptions) -> str:
    """The export as standalone Python; writes `<sample id>.onnx` to where it runs. Raises `BadUsage`."""
    made = plan(sample_id, options)
    source = made.sample.source_path.read_text(encoding="utf-8").rstrip()
    torch_import = "" if "\nimport torch\n" in source else "import torch\n\n"
    return f"{source}\n\n\n{torch_import}{_call_site(made)}"


def call_site(sample_id: str, options: ExportOptions) -> str:
    """The part of `script` behind the model's own source: construction, example input, the call."""
    return _call_site(plan(sample_id, options))


def _call_site(made: Plan) -> str:
    arguments = ", ".join(f"{name}={value}" for name, value in made.arguments.items())
    inputs = ", ".join(call.text() for call in made.dummy_input)
    comma = "," if len(made.dummy_input) == 1 else ""
    filename = f"{made.sample.id}.onnx"
    keywords = "".join(_keyword(name, value) for name, value in made.keywords.items())
    return (
        f"torch.manual_seed({SEED})\n"
        f"model = {made.builder}({arguments}).eval()\n"
        f"dummy_input = ({inputs}{comma})\n"
        f"torch.onnx.export(\n    model,\n    dummy_input,\n    {_source(filename)},\n{keywords})\n"
    )


def _keyword(name: str, value: object) -> str:
    """One line of the call, or, for a mapping that would make it long, one line an entry."""
    line = f"    {name}={_source(value)},\n"
    if len(line) <= LONGEST_LINE or not isinstance(value, dict):
        return line
    entries = "".join(f"        {_source(key)}: {_source(item)},\n" for key, item in value.items())
    return f"    {name}={{\n{entries}    }},\n"


def _source(value: object) -> str:
    """Python source of plain data, strings in double quotes where that is safe."""
    if isinstance(value, str):
        single = repr(value)
        plain = single == f"'{value}'" and '"' not in value
        return f'"{value}"' if plain else single
    if isinstance(value, list):
        return f"[{', '.join(_source(item) for item in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_source(k)}: {_source(v)}' for k, v in value.items())}}}"
    return repr(value)
