"""Where a benchmark ran: what a reader needs to judge or repeat it."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable
from pathlib import Path

from onnxviz.bench.types import Environment

LOOK_S = 0.2
"""How long to watch the cores. The kernel counts their work in steps of 10 ms, so this is 5 % of one core."""


def capture() -> Environment:
    """Look at this machine, for about a quarter of a second; do it before any work of one's own."""
    import onnxruntime
    import psutil

    busy = psutil.cpu_percent(interval=LOOK_S) / 100
    cores = usable_cores()
    return Environment(
        cpu=_cpu(),
        cores=cores,
        memory_bytes=int(psutil.virtual_memory().total),
        python=platform.python_version(),
        onnxruntime=str(onnxruntime.__version__),
        os=f"{platform.system()} {platform.release()}",
        # The runtime's default is one thread for each physical core that it may use.
        threads=min(cores, psutil.cpu_count(logical=False) or cores),
        load=os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        busy=busy,
        clock_step_s=clock_step(time.perf_counter),
    )


def usable_cores() -> int:
    """Logical cores that this process may use: a container or `taskset` may allow fewer than there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def clock_step(clock: Callable[[], float], tries: int = 20) -> float:
    """The smallest step in seconds that `clock` was seen to make."""
    steps = []
    for _ in range(tries):
        start = now = clock()
        while now == start:
            now = clock()
        steps.append(now - start)
    return min(steps)


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(errors="replace").splitlines():
            if line.lower().startswith(("model name", "hardware")):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
