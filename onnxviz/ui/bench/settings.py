"""How the models are run: time, optimizations, threads, batch sizes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import get_args

import streamlit as st

from onnxviz.bench.types import Level
from onnxviz.model import Model

SECONDS = "benchmark:seconds"
LEVELS = "benchmark:levels"
THREADS = "benchmark:threads"
BATCHES = "benchmark:batches"

BUDGETS = (1, 2, 5, 10, 20, 30, 60, 120)
COMMON_BATCHES = ("1", "2", "4", "8", "16", "32")
MOST_THREADS = 256
MOST_BATCH = 1_000_000


def budget() -> int:
    """Seconds to measure."""
    return int(
        st.select_slider(
            "Time to measure",
            BUDGETS,
            value=5,
            key=SECONDS,
            persist_state="session",
            format_func=lambda seconds: f"{seconds} s",
            help="Warm-up and timed runs of all configurations together. Longer finds smaller differences. "
            "Six rounds are made in any case, in up to twice this time, since fewer tell nothing.",
        )
    )


def levels() -> tuple[Level, ...]:
    """Optimization levels, in the order of the runtime."""
    picked = st.pills(
        "Optimizations of ONNX Runtime",
        get_args(Level),
        selection_mode="multi",
        default=["all"],
        key=LEVELS,
        persist_state="session",
        help="The runtime rewrites the graph once more when it loads it. **off** runs the graph as it is, "
        "which shows what the model's own simplification is worth; **basic** folds constants and drops "
        "redundant nodes; **extended** fuses nodes as well; **all** also changes the memory layout, and is "
        "what one gets in use.",
    )
    return tuple(level for level in get_args(Level) if level in picked)


def threads() -> tuple[int, ...]:
    """Threads inside a node, several to compare; 0 is the runtime's own choice."""
    given = st.multiselect(
        "Threads inside a node",
        [str(count) for count in _common_threads(os.cpu_count() or 1)],
        key=THREADS,
        persist_state="session",
        accept_new_options=True,
        placeholder="as the runtime chooses",
        help="Leave it empty for the runtime's own choice, one per physical core. Choose several to compare "
        "them; other numbers can be typed.",
    )
    return whole_numbers(given, MOST_THREADS) or (0,)


def _common_threads(cores: int) -> list[int]:
    powers = [1 << power for power in range(cores.bit_length())]
    return sorted({*(count for count in powers if count <= cores), cores})


def batches(models: Sequence[Model]) -> tuple[int, ...]:
    """Batch sizes to compare; empty where nobody asked for one, or no model leaves its first axis open."""
    if not has_open_batch(models):
        return ()
    given = st.multiselect(
        "Batch sizes",
        COMMON_BATCHES,
        key=BATCHES,
        persist_state="session",
        accept_new_options=True,
        placeholder="one, from the sizes below",
        help="The size of the first axis of every input that leaves it open. Choose several to compare them; "
        "other numbers can be typed. A model whose batch is fixed at another size gets a row that says so.",
    )
    return whole_numbers(given, MOST_BATCH)


def has_open_batch(models: Iterable[Model]) -> bool:
    """Whether some model leaves the first axis of an input open."""
    return any(not isinstance(shape[0], int) for shape in _shapes(models))


def batch_names(models: Iterable[Model]) -> set[str]:
    """The symbolic names that first axes of inputs have."""
    return {shape[0] for shape in _shapes(models) if isinstance(shape[0], str) and shape[0]}


def _shapes(models: Iterable[Model]) -> Iterable[tuple[int | str | None, ...]]:
    for model in models:
        for name in model.graph.inputs:
            value = model.graph.values.get(name)
            if value is not None and value.shape:
                yield value.shape


def whole_numbers(given: Iterable[str], most: int) -> tuple[int, ...]:
    """What was chosen or typed, each once; what is no number from 1 to `most` is left out, and said."""
    found, strange = [], []
    for text in given:
        number = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
        if 1 <= number <= most:
            found.append(number)
        else:
            strange.append(text)
    if strange:
        st.caption(f":material/info: Only whole numbers from 1 to {most:,} count here.")
    return tuple(dict.fromkeys(found))
