"""One configuration's session: create it, run it once, and say which provider ran which node.

Nothing here keeps time: the runner does, with a clock that a test can script.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from onnxviz.bench.refusals import failure, shorten
from onnxviz.bench.types import Assigned, Configuration, Level
from onnxviz.errors import BenchFailed

Feed = Mapping[str, NDArray[Any]]

LEVELS: dict[Level, str] = {
    "off": "ORT_DISABLE_ALL",
    "basic": "ORT_ENABLE_BASIC",
    "extended": "ORT_ENABLE_EXTENDED",
    "all": "ORT_ENABLE_ALL",
}

FATAL = 4
"""Severity at which the runtime's logger stays silent: what fails is raised as well."""

CONFIG_ENTRIES = {
    # Which provider took which node (onnxruntime_session_options_config_keys.h, since 1.24).
    "session.record_ep_graph_assignment_info": "1",
    # The threads of an idle session spin for a while and take cores from the session that runs now.
    # Two SqueezeNet sessions by turns on 2 cores with other work on them: 7.3 ms with spinning, 2.1 ms
    # without; on ResNet-50 the quartiles lay 17 ms apart with spinning, 0.2 ms without.
    "session.force_spinning_stop": "1",
}

DEVICES = {"cuda": "cuda", "tensorrt": "cuda", "dml": "dml"}
"""Providers with memory of their own -> what the runtime calls that memory."""


UNKNOWN_TO_NUMPY = re.compile(r"bfloat16|float8|float4|int4")
"""In the runtime's name of a type: one that NumPy has no array of."""


class Opened(Protocol):
    """A session that is ready: `run` makes one inference and forgets the outputs."""

    @property
    def assignment(self) -> tuple[Assigned, ...] | None:
        """Nodes by provider; None when the runtime does not tell."""

    @property
    def provider_used(self) -> str:
        """Short names of the providers that ran nodes, joined by `+`."""

    @property
    def ran_as(self) -> str:
        """A sentence, where a copy of the model runs in its place: see `rewrites.runnable`."""

    def run(self) -> None:
        """One inference. Raises BenchFailed."""

    def outputs(self) -> dict[str, NDArray[Any]]:
        """What one inference gives, by name. Raises BenchFailed."""


Call = Callable[[], Any]
"""One inference; what it returns is for `Take`."""

Take = Callable[[Any], Sequence[Any]]
"""What a `Call` returned -> the outputs, in order: arrays, or the runtime's own values. Never timed."""

Opener = Callable[[Configuration, Feed, str], Opened]
"""(configuration, inputs by name, the runtime's name of the provider) -> session."""


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """`Opened` on ONNX Runtime."""

    session: Any
    configuration: Configuration
    providers: tuple[str, ...]
    assignment: tuple[Assigned, ...] | None
    call: Call = field(repr=False)
    take: Take = field(repr=False)
    ran_as: str = ""

    @property
    def provider_used(self) -> str:
        """As the assignment says, else the first provider that the session registered."""
        if self.assignment is None:
            return short_name(self.providers[0])
        return "+".join(part.provider for part in self.assignment) or "none"

    def run(self) -> None:
        """One inference, as a caller in Python sees it."""
        try:
            self.call()
        # The runtime's error classes have no base of their own below Exception.
        except Exception as error:
            raise failure(self.configuration, error) from error

    def outputs(self) -> dict[str, NDArray[Any]]:
        """As NumPy has them; a sequence, a map, or a type that it lacks is refused."""
        names = [output.name for output in self.session.get_outputs()]
        try:
            values = [value.numpy() if hasattr(value, "numpy") else value for value in self.take(self.call())]
        # As above.
        except Exception as error:
            raise failure(self.configuration, error) from error
        if not all(isinstance(value, np.ndarray) for value in values):
            raise BenchFailed(self.configuration.label, "an output of it is no tensor", "")
        return dict(zip(names, values, strict=True))


def open_session(configuration: Configuration, feed: Feed, provider: str) -> OpenedSession:
    """Load the model from its path (so that external data is found) and get it ready to run on `feed`.

    `provider` is the runtime's name. What it cannot take, the CPU does: `assignment` tells. Raises
    BenchFailed.
    """
    return open_source(configuration.path, configuration, feed, provider)


def open_source(
    source: str | bytes, configuration: Configuration, feed: Feed, provider: str
) -> OpenedSession:
    """`open_session` on a path or on the bytes of a model."""
    return open_with(session_options(configuration), source, configuration, feed, provider)


def open_with(
    options: Any, source: str | bytes, configuration: Configuration, feed: Feed, provider: str
) -> OpenedSession:
    """`open_source` with a session's options of one's own (`session_options` makes the usual ones)."""
    import onnxruntime

    # What goes wrong while a provider's library loads is written by the logger of the whole process.
    onnxruntime.set_default_logger_severity(FATAL)
    _preload(short_name(provider))
    try:
        session, ran_as = _session(options, source, configuration, provider)
        call, take = _caller(session, feed)
    # As above.
    except Exception as error:
        raise failure(configuration, error) from error
    used = tuple(session.get_providers())
    if provider not in used:
        raise _left_out(configuration, provider)
    return OpenedSession(session, configuration, used, _assignment(session), call, take, ran_as)


def _session(
    options: Any, source: str | bytes, configuration: Configuration, provider: str
) -> tuple[Any, str]:
    """The session, on a copy where the runtime refuses the model and takes that, with a sentence then."""
    import onnxruntime

    def made(model: str | bytes) -> Any:
        # Without enable_fallback=0 a provider that fails is replaced by the CPU, with a line on stdout.
        given = [dict(configuration.options)]
        return onnxruntime.InferenceSession(model, options, [provider], given, enable_fallback=0)

    try:
        return made(source), ""
    # The runtime's error classes have no base of their own below Exception.
    except Exception as error:
        # Not before: loading them would count as the session's time.
        import onnx

        from onnxviz.rewrites.runnable import is_known, runnable

        if not is_known(str(error)):
            raise
        if isinstance(source, str):
            proto = onnx.load(source, load_external_data=False)
        else:
            proto = onnx.load_from_string(source)
        copy = runnable(proto, str(error))
        if copy is None:
            raise
        return made(copy.proto.SerializeToString()), copy.note


def _left_out(configuration: Configuration, provider: str) -> BenchFailed:
    """A provider that cannot be made, by its options or its library, is left out without an error (1.24)."""
    if configuration.options:
        with_options = ", ".join(f"{name}={value}" for name, value in configuration.options)
        cause = f"the runtime left {short_name(provider)} out, with these options: {with_options}"
        return BenchFailed(configuration.label, cause, "Choose other options, or leave them out")
    cause = f"the runtime left {short_name(provider)} out and used the CPU without an error"
    return BenchFailed(configuration.label, cause, "Choose another provider")


@cache
def _preload(short: str) -> None:
    """Load CUDA's libraries from NVIDIA's wheels, where they are: the loader does not look there by itself
    (https://onnxruntime.ai/docs/execution-providers/CUDA-ExecutionProvider.html#preload-dlls)."""
    import contextlib
    import io

    import onnxruntime

    if short in ("cuda", "tensorrt") and hasattr(onnxruntime, "preload_dlls"):
        # It prints what it does not find, which the probe says better.
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            onnxruntime.preload_dlls()


def session_options(configuration: Configuration) -> Any:
    """`onnxruntime.SessionOptions` of a configuration."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = FATAL
    options.graph_optimization_level = getattr(
        onnxruntime.GraphOptimizationLevel, LEVELS[configuration.level]
    )
    options.intra_op_num_threads = configuration.threads
    for key, value in CONFIG_ENTRIES.items():
        options.add_session_config_entry(key, value)
    return options


def _caller(session: Any, feed: Feed) -> tuple[Call, Take]:
    """One call of the session, as a program in Python makes it: `InferenceSession.run`.

    `run_with_ort_values` would not be it: to take apart what it returns costs 38 µs an output (1.32), twice
    what `run` takes in all on a model of 20 µs. It is for types that NumPy lacks alone.

    With a provider that has memory of its own, inputs are put there once and outputs stay there (IO binding),
    as in a program that goes on computing on the device; otherwise each run would copy both across the bus.
    On the CPU there is nothing to copy.
    """
    import onnxruntime

    run_options = onnxruntime.RunOptions()
    run_options.log_severity_level = FATAL
    names = [output.name for output in session.get_outputs()]
    is_plain = all(array.dtype.isbuiltin == 1 for array in feed.values())
    device = DEVICES.get(short_name(session.get_providers()[0]))
    if device is not None and is_plain and not any(array.dtype.kind in "OU" for array in feed.values()):
        return _bound(session, feed, names, device)
    if is_plain and not any(UNKNOWN_TO_NUMPY.search(output.type) for output in session.get_outputs()):
        given = {name: _contiguous(array) for name, array in feed.items()}
        return lambda: session.run(names, given, run_options), list
    values = {name: _ort_value(array) for name, array in feed.items()}
    return lambda: session.run_with_ort_values(names, values, run_options), list


def _bound(session: Any, feed: Feed, names: Sequence[str], device: str) -> tuple[Call, Take]:
    import onnxruntime

    provider = session.get_providers()[0]
    number = int(session.get_provider_options().get(provider, {}).get("device_id", 0))
    binding = session.io_binding()
    for name, array in feed.items():
        value = onnxruntime.OrtValue.ortvalue_from_numpy(_contiguous(array), device, number)
        binding.bind_ortvalue_input(name, value)
    for name in names:
        binding.bind_output(name, device, number)

    # It returns when the device is done. With run options it takes 38 µs longer (1.32).
    return lambda: session.run_with_iobinding(binding), lambda _: binding.get_outputs()


def _ort_value(array: NDArray[Any]) -> Any:
    import onnxruntime

    array = _contiguous(array)
    if array.dtype.isbuiltin == 1:
        return onnxruntime.OrtValue.ortvalue_from_numpy(array)
    from onnx import helper

    # NumPy has no bfloat16 nor float8 of its own; the runtime takes their bits and their ONNX type.
    bits = array.view(f"u{array.dtype.itemsize}")
    code = helper.np_dtype_to_tensor_dtype(array.dtype)
    return onnxruntime.OrtValue.ortvalue_from_numpy_with_onnx_type(bits, int(code))


def _contiguous(array: NDArray[Any]) -> NDArray[Any]:
    # NumPy gives an array without dims one when it makes it contiguous.
    return np.ascontiguousarray(array).reshape(array.shape)


def _assignment(session: Any) -> tuple[Assigned, ...] | None:
    ask = getattr(session, "get_provider_graph_assignment_info", None)
    if ask is None:
        return None
    counts: dict[str, Counter[str]] = {}
    for part in ask():
        ops = counts.setdefault(short_name(part.ep_name), Counter())
        ops.update(_qualified(node.domain, node.op_type) for node in part.get_nodes())
    return assigned(counts)


def placement(session: Any) -> dict[str, str]:
    """Name of a node -> short name of the provider that took it; empty where the runtime does not tell."""
    ask = getattr(session, "get_provider_graph_assignment_info", None)
    parts = ask() if ask is not None else ()
    return {node.name: short_name(part.ep_name) for part in parts for node in part.get_nodes()}


def assigned(counts: Mapping[str, Mapping[str, int]]) -> tuple[Assigned, ...]:
    """Provider -> op type -> nodes, as `Assigned`: the provider with most nodes first."""
    parts = [
        Assigned(provider, tuple(sorted(ops.items(), key=lambda item: (-item[1], item[0]))))
        for provider, ops in counts.items()
    ]
    return tuple(sorted(parts, key=lambda part: (-part.nodes, part.provider)))


def _qualified(domain: str, op_type: str) -> str:
    return op_type if domain in ("", "ai.onnx") else f"{domain}.{op_type}"


def short_name(provider: str) -> str:
    """`CPUExecutionProvider` -> `cpu`."""
    return provider.removesuffix("ExecutionProvider").lower()


def library_error(provider: str) -> str:
    """Why the shared library of `provider` does not load here, in the loader's words; empty if unknown."""
    import ctypes
    import sys
    from pathlib import Path

    import onnxruntime.capi

    pattern = f"*onnxruntime_providers_{short_name(provider)}.*"
    for folder in onnxruntime.capi.__path__:
        for library in Path(folder).glob(pattern):
            shared = next(Path(folder).glob("*onnxruntime_providers_shared.*"), None)
            try:
                if shared is not None:
                    ctypes.CDLL(str(shared), mode=0 if sys.platform == "win32" else ctypes.RTLD_GLOBAL)
                ctypes.CDLL(str(library))
            except OSError as error:
                return shorten(str(error).replace(str(folder), "").lstrip("/"))
    return ""
