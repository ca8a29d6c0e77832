"""One configuration's session: create it, run it once, and say which provider ran which node.

Nothing here keeps time: the runner does, with a clock that a test can script.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

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

KINDS = {
    "NO_SUCHFILE": "ONNX Runtime does not find a file of the model",
    "NOT_IMPLEMENTED": "ONNX Runtime has no code for one of its operators",
    "INVALID_GRAPH": "ONNX Runtime refuses the graph",
    "INVALID_PROTOBUF": "ONNX Runtime cannot read it as a model",
    "INVALID_ARGUMENT": "ONNX Runtime refuses an argument",
    "RUNTIME_EXCEPTION": "ONNX Runtime failed while it ran a node",
}
"""The status codes of onnxruntime_c_api.h that a model can cause."""

NOISE = (
    r"Load model from .*? failed:",
    r"/\S+\.(cc|h):\d+ ",
    r"[\w&:<>~]+::[\w~]+\(.*?\)(::<lambda\(.*?\)>)?( const)? ",
    r"\[ONNXRuntimeError\] : \d+ : \w+ : ",
)
"""Where in its sources the runtime found the error, as it writes that into its messages (seen in 1.32)."""


class Opened(Protocol):
    """A session that is ready: `run` makes one inference and forgets the outputs."""

    @property
    def assignment(self) -> tuple[Assigned, ...] | None:
        """Nodes by provider; None when the runtime does not tell."""

    @property
    def provider_used(self) -> str:
        """Short names of the providers that ran nodes, joined by `+`."""

    def run(self) -> None:
        """One inference. Raises BenchFailed."""


Opener = Callable[[Configuration, Feed, str], Opened]
"""(configuration, inputs by name, the runtime's name of the provider) -> session."""


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """`Opened` on ONNX Runtime."""

    session: Any
    configuration: Configuration
    providers: tuple[str, ...]
    assignment: tuple[Assigned, ...] | None
    call: Callable[[], object] = field(repr=False)

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
    import onnxruntime

    # What goes wrong while a provider's library loads is written by the logger of the whole process.
    onnxruntime.set_default_logger_severity(FATAL)
    try:
        options = _options(configuration)
        # Without enable_fallback=0 a provider that fails is replaced by the CPU, with a line on stdout.
        session = onnxruntime.InferenceSession(
            source, options, [provider], [dict(configuration.options)], enable_fallback=0
        )
        call = _caller(session, feed)
    # As above.
    except Exception as error:
        raise failure(configuration, error) from error
    return OpenedSession(session, configuration, tuple(session.get_providers()), _assignment(session), call)


def _options(configuration: Configuration) -> Any:
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


def _caller(session: Any, feed: Feed) -> Callable[[], object]:
    """One call of the session. Inputs are copied to the runtime once, outputs stay with it: what is timed
    is the model, not NumPy. Text has no such form and goes in with every call."""
    import onnxruntime

    run_options = onnxruntime.RunOptions()
    run_options.log_severity_level = FATAL
    names = [output.name for output in session.get_outputs()]
    if any(array.dtype.kind in "OU" for array in feed.values()):
        return lambda: session.run(names, dict(feed), run_options)
    values = {name: _ort_value(array) for name, array in feed.items()}
    return lambda: session.run_with_ort_values(names, values, run_options)


def _ort_value(array: NDArray[Any]) -> Any:
    import onnxruntime

    array = np.ascontiguousarray(array).reshape(array.shape)
    if array.dtype.isbuiltin == 1:
        return onnxruntime.OrtValue.ortvalue_from_numpy(array)
    from onnx import helper

    # NumPy has no bfloat16 nor float8 of its own; the runtime takes their bits and their ONNX type.
    bits = array.view(f"u{array.dtype.itemsize}")
    code = helper.np_dtype_to_tensor_dtype(array.dtype)
    return onnxruntime.OrtValue.ortvalue_from_numpy_with_onnx_type(bits, int(code))


def _assignment(session: Any) -> tuple[Assigned, ...] | None:
    ask = getattr(session, "get_provider_graph_assignment_info", None)
    if ask is None:
        return None
    counts: dict[str, Counter[str]] = {}
    for part in ask():
        ops = counts.setdefault(short_name(part.ep_name), Counter())
        ops.update(_qualified(node.domain, node.op_type) for node in part.get_nodes())
    return assigned(counts)


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


def failure(configuration: Configuration, error: Exception) -> BenchFailed:
    """The runtime's error in one sentence; its own words stay in `detail`."""
    text = str(error).strip()
    match = re.match(r"\[ONNXRuntimeError\] : \d+ : (\w+) : (.*)", text, re.DOTALL)
    kind, message = match.groups() if match else ("", text)
    # Paths of this machine and places in the runtime's sources help nobody who reads the sentence.
    for noise in NOISE:
        message = re.sub(noise, "", message)
    lead = KINDS.get(kind, "ONNX Runtime failed")
    return BenchFailed(configuration.label, f"{lead} ({_short(message)})", _remedy(kind, text), detail=text)


def _short(message: str, limit: int = 200) -> str:
    line = " ".join(message.split()).strip(" .:") or "no message"
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def _remedy(kind: str, text: str) -> str:
    if kind in ("INVALID_ARGUMENT", "RUNTIME_EXCEPTION") and ("dimensions" in text or "shape" in text):
        return "Give the sizes of its symbolic dimensions, for instance batch=1."
    if kind == "NOT_IMPLEMENTED":
        return "Try another provider, or export the model with a newer opset or as float32."
    if "opset" in text and "support" in text:
        return "Export the model with an older opset."
    if kind == "NO_SUCHFILE" or "external data" in text.lower():
        return "Give the model together with its external data."
    return ""


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
                return _short(str(error).replace(str(folder), "").lstrip("/"))
    return ""
