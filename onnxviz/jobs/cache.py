"""Results of earlier runs, by key: bounded by their number and by their size."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

MOST_RESULTS = 128

MOST_BYTES = 64_000_000
"""Pickled. A picture of 5,000 boxes takes some 2 MB; larger results than this are given out but not kept."""

MISSING = object()


class ResultCache:
    """What was used last is kept. It has no lock: one thread at a time."""

    def __init__(self) -> None:
        self._results: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._nbytes = 0

    @property
    def nbytes(self) -> int:
        """Pickled size of all that is kept."""
        return self._nbytes

    def get(self, key: Hashable, still_good: Callable[[Any], bool]) -> Any:
        """The result under `key`, else `MISSING`; one that is not `still_good` is forgotten."""
        if key not in self._results:
            return MISSING
        result = self._results[key][0]
        if not still_good(result):
            self._forget(key)
            return MISSING
        self._results.move_to_end(key)
        return result

    def put(self, key: Hashable, result: Any, nbytes: int) -> None:
        """Keep `result`, which takes `nbytes` when pickled, in place of those that were used least lately."""
        if key in self._results:
            self._forget(key)
        if nbytes > MOST_BYTES:
            return
        self._results[key] = (result, nbytes)
        self._nbytes += nbytes
        while len(self._results) > MOST_RESULTS or self._nbytes > MOST_BYTES:
            self._forget(next(iter(self._results)))

    def _forget(self, key: Hashable) -> None:
        self._nbytes -= self._results.pop(key)[1]
