"""Names from a model are shown as what they are."""

from __future__ import annotations

import pytest

from onnxviz.ui.text import count, file_stem, md, plain, seconds, size


def test_one_line_without_control_characters_and_both_ends_kept() -> None:
    assert plain("a\nb\x1b[2J\u202ec") == "a b [2J c"
    cut = plain("a" * 500 + "z", 21)
    assert len(cut) == 21
    assert cut.startswith("aaa")
    assert cut.endswith("z")


@pytest.mark.parametrize("mark", list("\\`*_{}[]()#+-.!|~<>$:&^=@/"))
def test_every_mark_of_markdown_is_escaped(mark: str) -> None:
    assert f"\\{mark}" in md(f"a{mark}b")


@pytest.mark.parametrize(
    "text", ["https://evil.example", "www.evil.example", "a@evil.example", "a->b", ":streamlit:"]
)
def test_what_would_become_a_link_or_a_picture_is_kept_apart(text: str) -> None:
    shown = md(text)
    assert "\u2060" in shown
    assert shown.replace("\u2060", "").replace("\\", "") == text


def test_sizes_and_counts_and_times_are_short() -> None:
    assert [size(n) for n in (0, 999, 1000, 46_080_560, 2 * 10**12)] == [
        "0 bytes",
        "999 bytes",
        "1 kB",
        "46.1 MB",
        "2 TB",
    ]
    assert [count(n) for n in (6444, 25_557_032, 7 * 10**9)] == ["6,444", "25.6 M", "7 G"]
    assert [seconds(s) for s in (2.5e-6, 0.0117, 2.314)] == ["2.5 µs", "11.7 ms", "2.31 s"]


@pytest.mark.parametrize("name", ["../../etc/passwd", "a b/c:d", "", "…", ".hidden"])
def test_a_download_has_a_plain_file_name(name: str) -> None:
    stem = file_stem(name)
    assert stem
    assert not set(stem) & set("/\\: ")
    assert not stem.startswith(".")
