"""A `spawn` context whose children do not import the parent's main script.

`multiprocessing.spawn` tells each child to re-import `__main__`. Under `streamlit run`, `__main__` is
the app, so every worker would run the page once (and could start workers of its own).
"""

from __future__ import annotations

import multiprocessing.spawn
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Any

_patching = threading.Lock()


@contextmanager
def _without_main() -> Iterator[None]:
    original = multiprocessing.spawn.get_preparation_data

    def prepared(name: str) -> dict[str, Any]:
        data = original(name)
        data.pop("init_main_from_name", None)
        data.pop("init_main_from_path", None)
        return data

    with _patching:
        multiprocessing.spawn.get_preparation_data = prepared
        try:
            yield
        finally:
            multiprocessing.spawn.get_preparation_data = original


class CleanProcess(SpawnProcess):
    """A spawned process that starts with an empty `__main__`."""

    @staticmethod
    def _Popen(process_obj: Any) -> Any:  # noqa: N802 - the name is multiprocessing's
        with _without_main():
            return SpawnProcess._Popen(process_obj)


class CleanContext(SpawnContext):
    """The context to hand to a pool: `Process` is `CleanProcess`."""

    Process = CleanProcess
