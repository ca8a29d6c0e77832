"""Which execution providers really work here: each is tried with a tiny model.

That one is listed says only that the runtime was built with it: the CUDA build lists CUDA on a machine
without a driver, and then runs everything on the CPU without an error.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from onnxviz.bench import measure
from onnxviz.bench.types import Configuration, Provider
from onnxviz.errors import BadUsage, BenchFailed

REMOTE = {"azure": "it calls a model behind a web address and runs nothing on this machine"}
"""https://onnxruntime.ai/docs/execution-providers/Azure-ExecutionProvider.html"""

REMEDIES = {
    "cuda": "Install the NVIDIA driver, and CUDA with cuDNN in the versions this runtime was built with, "
    "for instance with pip install 'onnxruntime-gpu[cuda,cudnn]'",
    "tensorrt": "Install the NVIDIA driver, CUDA and TensorRT in the versions this runtime was built with",
    "openvino": "Install onnxruntime-openvino in an environment of its own, without onnxruntime beside it",
    "rocm": "Install AMD's ROCm in the version that this runtime was built with",
    "migraphx": "Install AMD's ROCm with MIGraphX in the version that this runtime was built with",
}
DEFAULT_REMEDY = "See https://onnxruntime.ai/docs/execution-providers for what it needs"


def probe() -> tuple[Provider, ...]:
    """Every provider that the runtime lists, tried for real; the usable ones first."""
    import onnxruntime

    found = [_try(name) for name in onnxruntime.get_available_providers()]
    return tuple(sorted(found, key=lambda provider: not provider.is_usable))


def resolve(names: Iterable[str], known: tuple[Provider, ...] | None = None) -> tuple[Provider, ...]:
    """The providers called `names` (short or full, any case), each once; the broken ones too.

    Raises BadUsage for a name that is none, or when there are no names.
    """
    known = probe() if known is None else known
    by_name = {name: one for one in known for name in (one.short, one.name.lower())}
    usable = ", ".join(one.short for one in known if one.is_usable)
    wanted: dict[str, Provider] = {}
    for name in names:
        provider = by_name.get(name.strip().lower())
        if provider is None:
            guess = difflib.get_close_matches(name.strip().lower(), [one.short for one in known], n=1)
            hint = f"Did you mean {guess[0]}? " if guess else ""
            raise BadUsage(
                f"Execution provider {name.strip()!r}",
                "this build of ONNX Runtime has none of that name",
                f"{hint}It has {', '.join(one.short for one in known)}; usable here: {usable}.",
            )
        wanted[provider.short] = provider
    if not wanted:
        raise BadUsage("Execution providers", "none was named", f"Usable here: {usable}.")
    return tuple(wanted.values())


def full_name(short: str) -> str:
    """The runtime's name of a provider. Raises BadUsage where this build has none of it."""
    import onnxruntime

    names = {measure.short_name(str(name)): str(name) for name in onnxruntime.get_available_providers()}
    if short not in names:
        raise BadUsage(
            f"Execution provider {short!r}",
            "this build of ONNX Runtime has none of that name",
            f"It has {', '.join(names)}.",
        )
    return names[short]


def _try(name: str) -> Provider:
    short = measure.short_name(name)
    if short in REMOTE:
        return Provider(name, short, "remote", REMOTE[short], "Choose another provider")
    remedy = REMEDIES.get(short, DEFAULT_REMEDY)
    try:
        opened = measure.open_source(
            _tiny_model(), Configuration("tiny model", "", short), _tiny_feed(), name
        )
        opened.run()
    except BenchFailed as failure:
        return Provider(name, short, "broken", _unloadable(name) or failure.cause, remedy)
    return Provider(name, short, "usable")


def _unloadable(name: str) -> str:
    error = measure.library_error(name)
    return f"its library does not load ({error})" if error else ""


def _tiny_model() -> bytes:
    from onnx import TensorProto, helper

    shape = [1, 3, 8, 8]
    graph = helper.make_graph(
        [helper.make_node("Conv", ["x", "w"], ["c"]), helper.make_node("Relu", ["c"], ["y"])],
        "tiny",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 2, 8, 8])],
        [helper.make_tensor("w", TensorProto.FLOAT, [2, 3, 1, 1], [0.5] * 6)],
    )
    # The oldest format with Conv, Relu as they are now, so that any build reads it.
    model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 13)])
    return bytes(model.SerializeToString())


def _tiny_feed() -> measure.Feed:
    import numpy as np

    return {"x": np.ones((1, 3, 8, 8), np.float32)}
