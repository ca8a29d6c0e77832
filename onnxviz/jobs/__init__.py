"""Runs a pure verb in a killable worker process: deadline, memory cap, progress, cancel.

- `pool`, `job`: jobs as the rest of the program sees them, with results cached by key (`cache`);
- `queue`: the order in which runs are served, fair to all who ask;
- `backend`: what carries runs out: `local`, worker processes of this machine, or `cluster`;
- `execution`: one run of a verb, and what is known of it;
- `worker`, `mailbox`: what happens inside a worker process, and the files through which it is told and tells;
- `leaving`: what one worker leaves for others, of any kind;
- `outcomes`, `journal`: one typed error for each way to end, and one line of log for each run.

Nothing outside this package starts a process.
"""

from onnxviz.jobs.execution import HERE, Progress
from onnxviz.jobs.job import Job
from onnxviz.jobs.local import LocalPools
from onnxviz.jobs.outcomes import Limits
from onnxviz.jobs.pool import Workers
from onnxviz.jobs.shared import (
    ask_as,
    default_workers,
    drop_owner,
    is_left,
    machines,
    note,
    owner_of,
    run,
    shutdown,
    submit,
    wait_with,
    warm,
)

__all__ = [
    "HERE",
    "Job",
    "Limits",
    "LocalPools",
    "Progress",
    "Workers",
    "ask_as",
    "default_workers",
    "drop_owner",
    "is_left",
    "machines",
    "note",
    "owner_of",
    "run",
    "shutdown",
    "submit",
    "wait_with",
    "warm",
]
