"""Makes `start.onnx`, the sample `first` at its defaults, which the app shows before torch is loaded.

Run `python -m onnxviz.samples.start` after a change to the sample or to PyTorch's version.
"""

from __future__ import annotations

import re
from pathlib import Path

from onnxviz.samples.catalog import START
from onnxviz.samples.export import export

_FOLDER = re.compile(r'File "[^"]*[/\\]([^"/\\]+)"')


def write_start(out: Path = START) -> None:
    """Export `first` to `out`, with the folders of this machine left out of the stack traces.

    Raises `ExportFailed` when PyTorch cannot.
    """
    import onnx

    export("first", out)
    model = onnx.load(str(out))
    for node in model.graph.node:
        for entry in node.metadata_props:
            entry.value = _FOLDER.sub(r'File "\1"', entry.value)
    onnx.save(model, str(out))


if __name__ == "__main__":
    write_start()
