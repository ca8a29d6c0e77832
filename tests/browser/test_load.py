"""Two people at once, as `tests/benchmarks/load.py` has twenty: each gets their own, and all finish."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks import load
from tests.benchmarks.crowd.visitor import Visitor
from tests.browser.serving import Server

pytestmark = [pytest.mark.browser, pytest.mark.soak]

CROWD = load.Crowd(visitors=2, apart_s=0.2, think_s=(0.1, 0.4), seed=7)


def apart(work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """Run it in a thread of its own: Playwright's other interface has the event loop of this one."""
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(asyncio.run(work())))
    thread.start()
    thread.join()
    return found[0]


def test_two_people_at_once_each_get_their_own_model_and_nobody_elses(app: Server, tmp_path: Path) -> None:
    visitors: list[Visitor]
    visitors, _ = apart(lambda: load.visits(app, CROWD, tmp_path, range(CROWD.visitors)))
    assert [fault for visitor in visitors for fault in visitor.faults] == []
    kinds = {answer.kind for visitor in visitors for answer in visitor.answers}
    assert kinds == {"page", "file", "box", "groups", "tab", "start", "view"}
