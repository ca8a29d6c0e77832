"""What a session holds in the store: as long as anybody in it needs it, and no longer."""

from __future__ import annotations

from pathlib import Path

import pytest

from onnxviz.errors import RefusedFile
from onnxviz.store import Store
from onnxviz.ui.holding import Holds


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """It has room for one model of 80 bytes, and not for two."""
    return Store(tmp_path / "store", cap_bytes=100)


def held(store: Store, content: int) -> str:
    return store.add({"m.onnx": bytes([content]) * 80}, "m.onnx", hold=True).digest


def test_a_model_stays_until_the_last_that_needs_it_lets_go(store: Store) -> None:
    holds = Holds(store)
    model = held(store, 1)
    holds.take("list", model)
    store.hold(model)
    holds.take(("fold", "page"), model)
    holds.let_go("list")
    assert model in holds
    with pytest.raises(RefusedFile, match="no room"):
        held(store, 2)
    holds.let_go(("fold", "page"))
    assert model not in holds
    assert held(store, 2) in store
    assert model not in store


def test_what_an_owner_takes_twice_it_lets_go_of_once(store: Store) -> None:
    holds = Holds(store)
    for _ in range(2):
        holds.take("list", held(store, 1))
    (model,) = holds
    holds.let_go("list", model)
    holds.let_go("list", model)
    holds.let_go("nobody")
    assert held(store, 2) in store


def test_one_of_several_models_is_let_go(tmp_path: Path) -> None:
    store = Store(tmp_path / "store", cap_bytes=200)
    holds = Holds(store)
    first, second = held(store, 1), held(store, 2)
    holds.take("list", first)
    holds.take("list", second)
    holds.let_go("list", first)
    assert set(holds) == {second}


def test_a_session_that_ends_holds_nothing(store: Store) -> None:
    holds = Holds(store)
    holds.take("list", held(store, 1))
    holds.let_all_go()
    assert set(holds) == set()
    assert held(store, 2) in store
