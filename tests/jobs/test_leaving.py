"""What a worker leaves for others: found by its name, bounded, and gone with the program."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from onnxviz.errors import JobFailed
from onnxviz.jobs import LocalPools, Workers, leaving


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """This process takes the part of a worker."""
    monkeypatch.setattr(leaving, "_folder", tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    made = Workers(LocalPools(lean=True))
    yield made
    made.close()


def test_what_one_kind_of_worker_leaves_another_takes(workers: Workers) -> None:
    name = workers.submit("bench", "Leaving", leaving.leave, {"steps": [1, 2]}).result(60)
    assert workers.is_left(name)
    assert workers.submit("look", "Taking", leaving.take, name).result(60) == {"steps": [1, 2]}
    with pytest.raises(JobFailed, match="is not kept any more"):
        workers.submit("look", "Taking", leaving.take, "0" * 32).result(60)


def test_it_goes_with_the_program() -> None:
    made = Workers(LocalPools(lean=True))
    name = made.submit("bench", "Leaving", leaving.leave, 1).result(60)
    made.close()
    assert not made.is_left(name)


def test_outside_of_a_worker_nothing_is_left_and_nothing_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaving, "_folder", None)
    assert leaving.leave([1]) == ""
    with pytest.raises(JobFailed, match="Ask for it once more"):
        leaving.take("0" * 32)


def test_only_so_many_are_kept_and_a_use_makes_one_the_last_to_go(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leaving, "MOST_LEFT", 3)
    first, second, third = (leaving.leave(number) for number in range(3))
    assert leaving.take(first) == 0
    fourth = leaving.leave(3)
    assert [leaving.is_left(folder, name) for name in (first, second, third, fourth)] == [
        True,
        False,
        True,
        True,
    ]


def test_large_things_go_sooner_but_never_those_that_were_just_left(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leaving, "MOST_BYTES", 2_500)
    monkeypatch.setattr(leaving, "LEAST_LEFT", 2)
    large = [leaving.leave(bytes(2_000)) for _ in range(3)]
    assert [leaving.is_left(folder, name) for name in large] == [False, True, True]
    small = [leaving.leave(bytes(10)) for _ in range(4)]
    assert [leaving.is_left(folder, name) for name in (*large, *small)] == [False, False, True, *4 * [True]]


@pytest.mark.parametrize("name", ["", "../secret", "0" * 31, "0" * 33, "G" * 32, "0" * 32 + "\n"])
def test_a_name_that_is_none_opens_no_file(name: str, folder: Path) -> None:
    (folder / f"left-{name.strip()}.pickle".replace("/", "-")).write_bytes(b"no pickle")
    with pytest.raises(JobFailed, match="is not kept"):
        leaving.take(name)
