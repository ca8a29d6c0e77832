"""Runs a pure verb in a killable worker process: deadline, memory cap, progress, cancel.

The pool is Pebble's `ProcessPool`, which owns the queue, deadlines and cancelling. Added here:

- `spawn`: workers that never import the main script (a child of Streamlit would run the app again);
- `worker`: what happens inside one, from redirected output to typed errors;
- `execution`: one run of a verb, how far it is, and parts of its result before it is done;
- `leaving`: what one worker leaves for others, of any kind;
- `pool`: a cap on resident memory, progress, one typed error for each way to end, a new pool when an
  idle worker was killed, and results cached by key.

Nothing outside this package starts a process.
"""

from onnxviz.jobs.execution import Progress
from onnxviz.jobs.outcomes import Limits
from onnxviz.jobs.pool import Job, Workers
from onnxviz.jobs.shared import default_workers, is_left, run, shutdown, submit, warm

__all__ = [
    "Job",
    "Limits",
    "Progress",
    "Workers",
    "default_workers",
    "is_left",
    "run",
    "shutdown",
    "submit",
    "warm",
]
