"""Carries out the export that `onnxviz.samples.script` writes down. Imports torch only when called."""

from __future__ import annotations

import contextlib
import importlib
import io
import logging
import os
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from onnxviz.errors import ExportFailed
from onnxviz.progress import report
from onnxviz.samples import words
from onnxviz.samples.options import ExportOptions
from onnxviz.samples.script import SEED, Plan, plan, script


@dataclass(frozen=True)
class Exported:
    """A sample as a file: `nbytes` on disk, `seconds` of wall clock for building and exporting."""

    path: Path
    nbytes: int
    seconds: float
    notes: tuple[str, ...]
    script: str


def export(sample_id: str, out: Path, options: ExportOptions | None = None) -> Exported:
    """Export a sample to the file `out`, whose folder is made when it is missing.

    Raises `BadUsage` before torch is asked, and `ExportFailed` in words when PyTorch fails or writes a
    file that is not what was asked for; no file is left then.
    """
    options = options or ExportOptions()
    made = plan(sample_id, options)
    report("Loading PyTorch", 0.0)
    import torch  # noqa: F401 — loaded here, so that its time is not counted as the export's

    started = time.perf_counter()
    # Under another name until it is known to be good: a file that was there before stays when this fails.
    unfinished = out.with_name(f"{out.name}.part")
    try:
        with listening() as heard:
            _carry_out(made, unfinished)
        seconds = time.perf_counter() - started
        report("Checking the file", 0.9)
        notes = words.notes_of(heard) + _verify(made, unfinished)
        unfinished.replace(out)
    except ExportFailed:
        raise
    except Exception as error:
        raise words.failure(made.sample.title, made.options, error) from error
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
    report("Exported", 1.0)
    return Exported(out, out.stat().st_size, seconds, notes, script(sample_id, options))


def _carry_out(made: Plan, out: Path) -> None:
    import torch

    out.parent.mkdir(parents=True, exist_ok=True)
    zoo = importlib.import_module(f"onnxviz.samples.zoo.{made.sample.module}")
    # The caller's random numbers are its own: the seed holds inside the fork only.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        report("Building the model", 0.1)
        model = getattr(zoo, made.builder)(**made.arguments).eval()
        dummy_input = tuple(_tensor(call.function, call.positional, call.dtype) for call in made.dummy_input)
        report("Exporting", 0.2)
        keywords: dict[str, Any] = dict(made.keywords)
        torch.onnx.export(model, dummy_input, str(out), **keywords)


def _tensor(function: str, positional: tuple[int | tuple[int, ...], ...], dtype: str | None) -> object:
    import torch

    keywords = {} if dtype is None else {"dtype": getattr(torch, dtype)}
    return getattr(torch, function)(*positional, **keywords)


@contextlib.contextmanager
def listening() -> Iterator[list[str]]:
    """Collect warnings and log lines of torch, and keep its chatter off the terminal."""
    heard: list[str] = []
    with (
        _torch_logs(_Collector(heard)),
        warnings.catch_warnings(record=True) as caught,
        _quiet(),
    ):
        warnings.simplefilter("always")
        try:
            yield heard
        finally:
            heard.extend(str(warning.message) for warning in caught)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Nothing on the terminal: Python's streams, and file descriptors 1 and 2, where the TorchScript
    exporter's C++ code prints the whole graph when it fails.
    """
    with contextlib.ExitStack() as stack:
        chatter = io.StringIO()
        stack.enter_context(contextlib.redirect_stdout(chatter))
        stack.enter_context(contextlib.redirect_stderr(chatter))
        nowhere = os.open(os.devnull, os.O_WRONLY)
        stack.callback(os.close, nowhere)
        for descriptor in (1, 2):
            with contextlib.suppress(OSError):
                saved = os.dup(descriptor)
                stack.callback(os.close, saved)
                stack.callback(os.dup2, saved, descriptor)
                os.dup2(nowhere, descriptor)
        yield


@contextlib.contextmanager
def _torch_logs(collector: logging.Handler) -> Iterator[None]:
    """Send what torch logs to `collector` alone. Several of its loggers have a handler of their own."""
    loggers = [logging.getLogger(name) for name in ("torch", *_torch_logger_names())]
    before = [(logger, logger.handlers[:], logger.propagate) for logger in loggers]
    try:
        for logger in loggers:
            logger.handlers, logger.propagate = [collector], False
        yield
    finally:
        for logger, handlers, propagate in before:
            logger.handlers, logger.propagate = handlers, propagate


def _torch_logger_names() -> list[str]:
    known = list(logging.root.manager.loggerDict.items())
    return [name for name, entry in known if name.startswith("torch.") and isinstance(entry, logging.Logger)]


class _Collector(logging.Handler):
    """Keeps the text of each warning."""

    def __init__(self, heard: list[str]) -> None:
        super().__init__(logging.WARNING)
        self.heard = heard

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(record.getMessage())


def _verify(made: Plan, out: Path) -> tuple[str, ...]:
    """Notes on where the file differs from what was asked; raises `ExportFailed` when it is no use."""
    import onnx

    try:
        onnx.checker.check_model(str(out))
    except (onnx.checker.ValidationError, ValueError) as error:
        raise words.invalid(made.sample.title, made.options, str(error)) from error
    model = onnx.load(str(out))
    opset = next((entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), 0)
    if opset != made.options.opset:
        cause = f"the file could not be converted to opset {made.options.opset} and stayed at {opset}"
        subject = f"{made.sample.title}, {made.options.exporter} exporter"
        raise ExportFailed(subject, cause, f"Use opset {opset} or higher, or the other exporter.")
    return tuple(_static_notes(made, model))


def _static_notes(made: Plan, model: Any) -> Iterator[str]:
    """A sentence for each axis that was to be dynamic and came out with a fixed size."""
    inputs = {value.name: value.type.tensor_type.shape.dim for value in model.graph.input}
    for name, axes in made.options.dynamic.items():
        for axis, symbol in axes.items():
            dims = inputs.get(name, ())
            if axis < len(dims) and dims[axis].HasField("dim_value"):
                yield f"Axis {axis} of {name} was to be {symbol}, but it is fixed at {dims[axis].dim_value}."
