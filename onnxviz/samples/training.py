"""A training run for the first lesson: PyTorch learns to tell two half moons apart, in a second or two.

The network, its data and the training itself are in `zoo/moons.py`, which the lesson shows; here is what
keeps them apart from everything else: seed, files and plain data. Imports torch only when called.
"""

from __future__ import annotations

import contextlib
import io
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onnxviz.progress import report
from onnxviz.samples.export import listening
from onnxviz.samples.script import SEED

SOURCE = Path(__file__).parent / "zoo" / "moons.py"
"""What is run, to be shown."""

WEIGHTS = "moons.pt"
"""The file in which a training leaves its weights."""

TEST_SEED = SEED + 1
"""For points that the network has not seen in training."""

_LOSS = re.compile(r"loss (\S+)")

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Training:
    """What a training gave: `lines` as they were printed, the `losses` in them, and how often the network
    is right on points that it has not seen (`accuracy`, 0 to 1). `seconds` is wall clock."""

    lines: tuple[str, ...]
    losses: tuple[float, ...]
    accuracy: float
    parameters: int
    seconds: float


def train(folder: Path) -> Training:
    """Train from random weights, and leave the trained ones in `folder`. Each time the same numbers."""
    report("Loading PyTorch", 0.0)
    import torch

    from onnxviz.samples.zoo import moons

    report("Training", 0.3)
    out, started = io.StringIO(), time.perf_counter()
    with _repeatable(SEED), contextlib.redirect_stdout(out):
        model = moons.train()
    seconds = time.perf_counter() - started
    torch.save(model.state_dict(), folder / WEIGHTS)
    points, moon = unseen_points(200)
    right = answers(folder, points).argmax(axis=1) == moon
    lines = tuple(out.getvalue().splitlines())
    return Training(
        lines,
        tuple(float(found[1]) for line in lines if (found := _LOSS.search(line))),
        float(right.mean()),
        sum(parameter.numel() for parameter in model.parameters()),
        seconds,
    )


def export(folder: Path, out: Path) -> float:
    """The trained network as the ONNX file `out`; the wall-clock seconds that took."""
    from onnxviz.samples.zoo import moons

    model = _trained(folder)
    report("Exporting", 0.6)
    started = time.perf_counter()
    with listening():
        moons.export(model, str(out))
    return time.perf_counter() - started


def unseen_points(count: int) -> tuple[Floats, NDArray[np.int64]]:
    """Points that were not trained on, float[count, 2], and the moon of each."""
    from onnxviz.samples.zoo import moons

    with _repeatable(TEST_SEED):
        points, moon = moons.half_moons(count)
    return points.numpy(), moon.numpy()


def answers(folder: Path, points: Floats) -> Floats:
    """PyTorch's scores for `points`, float[count, 2]."""
    import torch

    model = _trained(folder)
    with torch.no_grad():
        scores: Floats = model(torch.from_numpy(points)).numpy()
    return scores


def _trained(folder: Path) -> Any:
    """The network with the weights that `train` left in `folder`."""
    import torch

    from onnxviz.samples.zoo import moons

    with _repeatable(SEED):  # for the random weights that it begins with
        model = moons.Classifier()
    model.load_state_dict(torch.load(folder / WEIGHTS, weights_only=True))
    return model.eval()


@contextlib.contextmanager
def _repeatable(seed: int) -> Iterator[None]:
    """Random numbers from `seed` on, and one thread; both are as before afterwards.

    With a thread for each core, 400 steps took 0.3 s on an idle machine of two cores (torch 2.13) and half a
    minute on a busy one: threads that wait for one another hold what the others need.
    """
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            yield
    finally:
        torch.set_num_threads(threads)
