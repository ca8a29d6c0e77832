"""Which groups are open: words, depths, links and bounds."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from onnxviz.scene.grouping.hierarchy import arrange, depth_of, first_open, open_all
from onnxviz.scene.grouping.opening import (
    MOST_TAGS,
    bounded,
    depth_now,
    is_opening,
    levels,
    resolve,
    spell,
    tag,
)
from onnxviz.scene.types import Hierarchy
from tests.scene.graphs import chain, graphs


def nested() -> Hierarchy:
    """Two levels: four groups of two groups of ten nodes."""
    scopes = tuple(f"layer.{i // 20}/{'ab'[i // 10 % 2]}" for i in range(80))
    return arrange(chain(80, scopes=scopes))


def boxes_in_view(hierarchy: Hierarchy, opened: frozenset[str]) -> int:
    total, waiting = 0, [hierarchy.root]
    while waiting:
        group = hierarchy.groups[waiting.pop()]
        total += len(group.nodes) + len(group.children)
        waiting += [child for child in group.children if child in opened]
    return total


def test_words_and_depths_open_what_they_say() -> None:
    hierarchy = nested()
    level = levels(hierarchy)
    assert resolve(hierarchy, "none") == {hierarchy.root}
    assert resolve(hierarchy, "all") == open_all(hierarchy)
    assert resolve(hierarchy, "first") == first_open(hierarchy) | {hierarchy.root}
    assert {level[group] for group in resolve(hierarchy, "1")} == {0, 1}
    assert len(resolve(hierarchy, "1")) == 5
    assert depth_of(hierarchy) == 2
    assert resolve(hierarchy, "2") == open_all(hierarchy)


def test_text_that_is_no_opening_counts_as_the_first_picture() -> None:
    hierarchy = nested()
    for text in ("", "everything", "-1", "all+xyz", "first+12345678x", "none\n", "9999"):
        assert not is_opening(text)
        assert resolve(hierarchy, text) == resolve(hierarchy, "first")


def test_a_tag_of_a_group_that_is_gone_is_ignored() -> None:
    hierarchy = nested()
    assert resolve(hierarchy, f"none+{tag('no such group')}") == {hierarchy.root}


@settings(max_examples=60, deadline=None)
@given(graphs(60), st.data())
def test_any_choice_of_groups_survives_being_spelled(graph: object, data: st.DataObject) -> None:
    hierarchy = arrange(graph)  # type: ignore[arg-type]
    chosen = data.draw(st.sets(st.sampled_from(sorted(hierarchy.groups))))
    opened = frozenset(chosen | {hierarchy.root})
    text = spell(hierarchy, opened)
    assert is_opening(text)
    assert resolve(hierarchy, text) == opened


def test_a_choice_too_long_for_a_link_is_spelled_as_its_nearest_word() -> None:
    scopes = tuple(f"group{i // 2}" for i in range(3 * MOST_TAGS))
    hierarchy = arrange(chain(3 * MOST_TAGS, scopes=scopes))
    modules = sorted(group for group in hierarchy.groups if group.startswith("module:"))
    assert len(modules) == 3 * MOST_TAGS // 2
    opened = frozenset({hierarchy.root, *modules[: MOST_TAGS + 50]})
    text = spell(hierarchy, opened)
    assert "+" not in text
    assert is_opening(text)


def test_the_depth_is_told_where_it_is_one_and_mixed_where_it_is_not() -> None:
    hierarchy = nested()
    for depth in (0, 1, 2):
        assert depth_now(hierarchy, resolve(hierarchy, str(depth))) == depth
    one = next(group for group, at in levels(hierarchy).items() if at == 1)
    assert depth_now(hierarchy, frozenset({hierarchy.root, one})) == -1


@settings(max_examples=40, deadline=None)
@given(graphs(100), st.integers(1, 120))
def test_a_bound_is_kept_outer_groups_first_and_what_it_shuts_is_counted(graph: object, most: int) -> None:
    hierarchy = arrange(graph)  # type: ignore[arg-type]
    everything = open_all(hierarchy)
    kept, shut = bounded(hierarchy, everything, most)
    assert hierarchy.root in kept
    assert all(hierarchy.groups[group].parent in kept for group in kept - {hierarchy.root})
    alone = boxes_in_view(hierarchy, frozenset({hierarchy.root}))
    assert boxes_in_view(hierarchy, kept) <= max(most, alone)
    assert (shut == 0) == (kept == everything)
