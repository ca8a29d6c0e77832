"""Options of execution providers that change what is measured, in words.

Names and values are the runtime's: https://onnxruntime.ai/docs/execution-providers, a page for each. The CPU
provider has none of its own; its threads belong to the session.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from onnxviz.errors import BadUsage


@dataclass(frozen=True, slots=True)
class ProviderOption:
    """`name` is the runtime's; `values` are those to choose from, and empty where it is a whole number."""

    name: str
    label: str
    help: str
    values: tuple[str, ...] = ()


_DEVICE = ProviderOption("device_id", "Device", "Number of the device, from 0 on.")

OPTIONS: dict[str, tuple[ProviderOption, ...]] = {
    "openvino": (
        ProviderOption(
            "device_type",
            "Device",
            "What OpenVINO computes on. Where that is not there, the runtime leaves the provider out.",
            ("CPU", "GPU", "NPU"),
        ),
        ProviderOption(
            "precision",
            "Precision",
            "Type in which it computes. ACCURACY keeps that of the model. FP16 is faster on a GPU and less "
            "exact; the CPU refuses it.",
            ("FP32", "FP16", "ACCURACY"),
        ),
        ProviderOption(
            "num_of_threads", "Threads", "Threads of OpenVINO; it chooses where nothing is given."
        ),
    ),
    "cuda": (
        _DEVICE,
        ProviderOption(
            "use_tf32",
            "TF32",
            "1 lets matrix products of float32 be rounded to TensorFloat-32, which is faster and less exact.",
            ("0", "1"),
        ),
        ProviderOption(
            "cudnn_conv_algo_search",
            "Search for convolutions",
            "How the algorithm of a convolution is found; EXHAUSTIVE makes the first run slow.",
            ("EXHAUSTIVE", "HEURISTIC", "DEFAULT"),
        ),
    ),
    "tensorrt": (
        _DEVICE,
        ProviderOption("trt_fp16_enable", "FP16", "1 lets TensorRT compute in half precision.", ("0", "1")),
    ),
    "dml": (_DEVICE,),
    "rocm": (_DEVICE,),
    "migraphx": (_DEVICE,),
}
"""Short name of a provider -> its options."""


def checked(
    given: Iterable[tuple[str, str, str]], providers: Iterable[str]
) -> dict[str, tuple[tuple[str, str], ...]]:
    """Short name -> (option, value) of `given`, as (provider, option, value).

    Raises BadUsage for a provider that is not among `providers`, an option that it does not have, and a value
    that is none of it.
    """
    asked = set(providers)
    found: dict[str, dict[str, str]] = {}
    for provider, name, value in given:
        subject = f"The option {name!r} of {provider!r}"
        if provider not in asked:
            raise BadUsage(subject, "is for a provider that is not measured", f"Add {provider} to them")
        known = {option.name: option for option in OPTIONS.get(provider, ())}
        if name not in known:
            has = f"It has {', '.join(known)}" if known else "It has none"
            raise BadUsage(subject, "is none that is known here", has)
        values = known[name].values
        if (values and value not in values) or (not values and not value.isdecimal()):
            may = ", ".join(values) or "a whole number"
            raise BadUsage(subject, f"cannot be {value!r}", f"Give {may}")
        found.setdefault(provider, {})[name] = value
    return {provider: tuple(options.items()) for provider, options in found.items()}
