"""The models of the sweep: files that the `onnx` wheel carries, and those that its test suite can make."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import wheel_data

LIGHT = "light"
"""The folder of the nine real models; all others are small."""


def files() -> dict[str, Path]:
    """Name -> path of every model in the wheel: `"simple/test_sign_model"`, `"light/light_vgg19"`."""
    data = wheel_data()
    return {_name(path.relative_to(data)): path for path in sorted(data.rglob("*.onnx"))}


def _name(path: Path) -> str:
    return (path.parent if path.name == "model.onnx" else path.with_suffix("")).as_posix()


def made(folder: Path) -> Iterator[tuple[str, Path]]:
    """Write the models of ONNX's own operator tests, about 1,900, into `folder`: a node or two each.

    They take ten seconds to make, and cover what no exporter writes: every operator, optional inputs,
    sequences, types such as float8 and int4.
    """
    import onnx
    from onnx.backend.test.case.node import collect_testcases

    with warnings.catch_warnings():
        # Some cases divide by zero on purpose.
        warnings.simplefilter("ignore")
        cases = collect_testcases(None)
    for case in cases:
        if case.model is not None:
            path = folder / f"{case.name}.onnx"
            onnx.save(case.model, str(path))
            yield f"node/{case.name}", path
