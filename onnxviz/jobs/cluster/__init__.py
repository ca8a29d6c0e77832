"""Jobs on several machines: a cluster of Dask (`distributed`), which carries them there and back.

Dask brings bytes to a machine, holds its place there, and says when a machine is gone. All else is ours: the
verbs run in worker processes of each machine (`host`), so that deadline, memory cap, crash isolation and
cancelling are those of a single machine.

- `wire`: pickles in which files stand by their digest; `files`: these files, in pieces;
- `orders`: what is sent and answered;
- `host`, `serve`: on each machine; `machine`, `link`: the way there;
- `errand`: one run on the way; `backend`: which way a run takes.

Nothing outside this package imports `distributed`, and here it is imported when it is needed.
"""

from onnxviz.jobs.cluster.backend import ClusterBackend
from onnxviz.jobs.cluster.machine import Machine
from onnxviz.jobs.execution import HERE

__all__ = ["HERE", "ClusterBackend", "Machine"]
