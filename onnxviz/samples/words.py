"""What PyTorch says about an export, in words: its warnings as notes, its errors as `ExportFailed`.

The patterns are phrases of torch 2.13's own messages (`torch/export`, `torch/fx/experimental/
symbolic_shapes.py`, `torch/onnx/errors.py`, `torch/onnx/_internal`). Nothing here imports torch.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from onnxviz.errors import ExportFailed
from onnxviz.samples.options import CompleteOptions

_ANSI = re.compile(r"\x1b\[[0-9;]*m")

LONGEST_DETAIL = 20_000
"""Characters of PyTorch's own text that are kept: its beginning and end hold the summary."""

_FAILURES: tuple[tuple[str, str, str], ...] = (
    (
        r"Constraints violated|tracing inferred a static shape|specialized (?:it|to|the)"
        r"|marked .{0,80}as dynamic but|ConstraintViolation",
        "an axis is to be dynamic, but the model needs one fixed size there",
        "Make that axis static, or make every axis that must have the same size dynamic",
    ),
    (
        r"GuardOnDataDependent|data-dependent|[Dd]ynamic control flow|DynamicControlFlow",
        "the model's Python code branches or loops on values that are known only at run time",
        "Use the TorchScript exporter with a scripted model, or torch.cond and while_loop",
    ),
    (
        r"Support for this operator was added in version (\d+)",
        "an operator of the model does not exist at this opset",
        "Use opset {0} or higher",
    ),
    (
        r"UnsupportedOperator|is not supported, |to ONNX opset version \d+ is not",
        "an operator of the model cannot be expressed at this opset by this exporter",
        "Try a higher opset, or the other exporter",
    ),
    (
        r"No ONNX function found|No decompositions registered|DispatchError|Unsupported FX nodes",
        "the exporter knows no ONNX form of an operator of the model",
        "Try a higher opset, or the other exporter",
    ),
    (
        r"ScriptModule is not supported",
        "the dynamo exporter takes no scripted model",
        "Use the TorchScript exporter",
    ),
    (
        r"[Vv]ersion.?[Cc]onver|No Adapter|convert_version",
        "the file could not be converted to this opset",
        "Use opset 18 or higher, or the TorchScript exporter",
    ),
    (
        r"can't allocate memory|MemoryError|bad_alloc|out of memory",
        "there was not enough memory",
        "Choose a smaller width, depth or image",
    ),
    (
        r"maximum protobuf size|2 ?Gi?B|exceeds .{0,20}size limit|SerializeToString",
        "the model is larger than one ONNX file can hold (2 GB)",
        "Choose a smaller width or depth",
    ),
    (
        r"is invalid for input of size|cannot be multiplied|must match the size of tensor"
        r"|Output size is too small|size mismatch|index out of range in self|out of bounds",
        "the model does not run with these sizes",
        "Use settings that fit together, such as the defaults",
    ),
    (
        r"\[Errno \d+\]|OSError|Read-only file system",
        "the file could not be written",
        "Check the folder and its free space",
    ),
)

_INVALID: tuple[tuple[str, str, str], ...] = (
    (
        r"No Op registered for (\S+)|experimental op|Bad node spec",
        "PyTorch used an operator that this opset does not have",
        "Use a higher opset",
    ),
    (
        r"static single assignment|single static assignment|has been used as|[Dd]uplicate",
        "two tensors in the file have the same name",
        "Give inputs and outputs names that nothing inside the model has",
    ),
)

_WARNINGS: tuple[tuple[str, str], ...] = (
    (
        r"Converting a tensor to a Python|Iterating over a tensor|results are registered as constants",
        "Tracing turned a value into a constant: the file may hold only for shapes like the example's.",
    ),
    (
        r"shares the same shape constraints with another axis",
        "Two dynamic axes always have the same size, so the file names both after the first.",
    ),
    (
        r"'?dynamic_axes'? is not recommended when dynamo=True",
        "The dynamo exporter wants dynamic_shapes rather than dynamic_axes.",
    ),
    (
        r"with a batch_size other than 1, with a variable length with",
        "A recurrent layer was exported for the example's batch: another batch size may fail.",
    ),
    (
        r"[Cc]onstant folding.{0,60}(?:not|only) ",
        "Constant folding left something as it was: an operator with these arguments is not foldable for it.",
    ),
    (
        r"in training mode",
        "The model was in training mode: dropout and batch statistics are in the file.",
    ),
    (
        r"invalid ONNX graph|keep_initializers_as_inputs",
        "Below opset 9 every weight is also listed as an input, as that format requires.",
    ),
)

_NOISE = re.compile(
    r"legacy TorchScript-based|LeafSpec|The feature will be removed|torch\.jit\.\w+.{0,4} is deprecated"
    r"|_flat_weights|torchvision is not installed|is deprecated|will be removed"
    r"|axis name: (\w+) will not be used, since .{0,80}another axis: \1\."
    r"|tensor attributes? .{0,200}(?:assigned|was|were) "
)
"""About torch's own future or its inner workings, and nothing that the reader of a file can act on."""


def notes_of(texts: Iterable[str]) -> tuple[str, ...]:
    """Warnings of PyTorch -> sentences, each once, in order; those that say nothing about the file go."""
    notes: dict[str, None] = {}
    for text in texts:
        if _NOISE.search(text):
            continue
        known = next((note for pattern, note in _WARNINGS if re.search(pattern, text, re.S)), None)
        notes[known or f"PyTorch says: {_first_sentence(text)}"] = None
    return tuple(notes)


def _first_sentence(text: str) -> str:
    line = next((line.strip() for line in _ANSI.sub("", text).splitlines() if line.strip()), "")
    sentence = line.partition(". ")[0].rstrip(".")
    return (sentence[:199] + "…" if len(sentence) > 200 else sentence) + (
        "" if sentence.endswith("…") else "."
    )


def failure(title: str, options: CompleteOptions, error: BaseException) -> ExportFailed:
    """`ExportFailed` with a sentence for `error`, and PyTorch's text in `detail`."""
    texts = [f"{type(link).__name__}: {link}" for link in _chain(error)]
    text = _ANSI.sub("", "\n\n".join(texts))
    subject = f"{title}, {options.exporter} exporter, opset {options.opset}"
    for pattern, cause, remedy in _FAILURES:
        match = re.search(pattern, text, re.S)
        if match is not None:
            return ExportFailed(
                subject, cause + _culprit(text), f"{remedy.format(*match.groups())}.", detail=_clip(text)
            )
    cause = f"PyTorch could not export it ({_first_sentence(texts[-1])[:-1]})"
    return ExportFailed(subject, cause, "Try the other exporter, or the defaults.", detail=_clip(text))


def invalid(title: str, options: CompleteOptions, text: str) -> ExportFailed:
    """`ExportFailed` for a file that the ONNX checker refuses with `text`."""
    subject = f"{title}, {options.exporter} exporter, opset {options.opset}"
    for pattern, cause, remedy in _INVALID:
        match = re.search(pattern, text)
        if match is not None:
            culprit = f" ({match[1]})" if match.groups() and match[1] else ""
            return ExportFailed(subject, cause + culprit, f"{remedy}.", detail=_clip(text))
    cause = "PyTorch wrote a file that breaks the rules of ONNX"
    return ExportFailed(subject, cause, "Try a higher opset, or the other exporter.", detail=_clip(text))


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and its causes; at most ten, since a chain may be a ring."""
    link: BaseException | None = error
    for _ in range(10):
        if link is None:
            return
        yield link
        link = link.__cause__ or link.__context__


def _culprit(text: str) -> str:
    """The operator or input that the message names, in brackets, or nothing."""
    operator = re.search(r"operator '([\w:.]+)'|function found for <OpOverload\(op='([\w:.]+)'", text)
    if operator is not None:
        return f" ({operator[1] or operator[2]})"
    axis = re.search(r"L\['(\w+)'\]\.(?:size\(\)|shape)\[(\d+)\]", text) or re.search(
        r"inputs\['(\w+)'\]\.shape\[(\d+)\]", text
    )
    return f" (axis {axis[2]} of {axis[1]})" if axis is not None else ""


def _clip(text: str) -> str:
    if len(text) <= LONGEST_DETAIL:
        return text
    part = LONGEST_DETAIL // 2
    return f"{text[:part]}\n[…]\n{text[-part:]}"
