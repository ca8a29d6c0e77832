"""Workers that die at any moment: `tests/benchmarks/faults.py` does it for minutes, to more of the app."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.benchmarks import faults
from tests.browser.serving import Server
from tests.browser.test_load import apart

pytestmark = [pytest.mark.browser, pytest.mark.soak]


def test_workers_killed_at_random_cost_sentences_and_nothing_else(
    serve: Callable[..., Server], tmp_path: Path
) -> None:
    server = serve()
    outcome: faults.Outcome = apart(
        lambda: faults.storm(server, tmp_path, seconds=10, visitors=1, seed=3, is_brief=True)
    )
    assert outcome.violations == []
    assert "worker" in outcome.notes, "nobody was killed"
    assert "Traceback" not in server.log
