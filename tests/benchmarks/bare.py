"""A bare loop over `InferenceSession.run`, with nothing of this project in it.

`python bare.py MODEL INPUTS.npz` reads numbers of runs, a line each, and answers each with the seconds that
these runs took, as JSON. The arrays in the file are the inputs in the order of the model.
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np
import onnxruntime

BEFORE = 5
"""Runs before those that count: this loop gives the steady state, whatever ran on the machine in between."""


def main() -> None:
    """Answer until nobody asks any more."""
    model, inputs = sys.argv[1:]
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    # As `onnxviz.bench.measure` sets it, since it changes the times.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    with np.load(inputs) as file:
        arrays = [file[name] for name in file.files]
    feed = {one.name: array for one, array in zip(session.get_inputs(), arrays, strict=True)}
    for line in sys.stdin:
        for _ in range(BEFORE):
            session.run(None, feed)
        times_s = []
        for _ in range(int(line)):
            start = time.perf_counter()
            session.run(None, feed)
            times_s.append(time.perf_counter() - start)
        print(json.dumps(times_s), flush=True)


if __name__ == "__main__":
    main()
