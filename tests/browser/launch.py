"""`streamlit run app.py`, with one ear open: on SIGUSR1 it writes the names of the imported modules.

Usage: `python tests/browser/launch.py app.py [options of streamlit] [-- model.onnx]`. The list goes, as
JSON, to the file that ONNXVIZ_TEST_MODULES names.
"""

from __future__ import annotations

import json
import os
import runpy
import signal
import sys
from pathlib import Path


def _write_modules(*_: object) -> None:
    target = Path(os.environ["ONNXVIZ_TEST_MODULES"])
    part = target.with_suffix(".part")
    part.write_text(json.dumps(sorted(sys.modules)))
    os.replace(part, target)


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, _write_modules)
    # The folder of this file would let its modules shadow those of the app.
    del sys.path[0]
    sys.argv = ["streamlit", "run", *sys.argv[1:]]
    runpy.run_module("streamlit", run_name="__main__")
