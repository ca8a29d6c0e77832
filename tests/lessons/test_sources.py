"""Tests of onnxviz.lessons.sources."""

from __future__ import annotations

from pathlib import Path

import pytest

from onnxviz.lessons.sources import excerpt, printed


def test_an_excerpt_has_the_definitions_asked_for_as_they_stand(tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text(
        'import nothing_of_the_sort\n\n\n@cache\ndef one() -> int:\n    """One."""\n    return 1  # yes\n\n\n'
        "class Two:\n    pass\n\n\nthree = 3\n"
    )
    assert excerpt(path, "Two", "one") == (
        'class Two:\n    pass\n\n\n@cache\ndef one() -> int:\n    """One."""\n    return 1  # yes'
    )
    with pytest.raises(KeyError, match="three"):
        excerpt(path, "three")


def test_what_a_function_prints_comes_back_with_what_it_gives(capsys: pytest.CaptureFixture[str]) -> None:
    def double(number: int) -> int:
        print("twice", number)
        print("done")
        return 2 * number

    assert printed(double, 4) == (8, ("twice 4", "done"))
    assert capsys.readouterr().out == ""
