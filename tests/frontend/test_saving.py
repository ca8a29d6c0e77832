"""Taking the picture away: PNG that is made in the browser, and files that the page makes."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest

from onnxviz.scene.types import Box, Scene
from tests.frontend.hosting import FAMILIES, VIEW, Viewer, small

pytestmark = pytest.mark.browser


@pytest.fixture
def shown(viewer: Viewer) -> Viewer:
    """The small scene on a page that can do everything."""
    viewer.give(small(), view=VIEW)
    return viewer


def choose(viewer: Viewer, name: str) -> None:
    viewer.page.get_by_role("button", name="Save", exact=True).click()
    viewer.page.get_by_role("button", name=name, exact=True).click()


def saved(viewer: Viewer, name: str) -> Any:
    with viewer.page.expect_download() as download:
        choose(viewer, name)
    return download.value


def size_of_png(download: Any) -> tuple[int, int]:
    data = Path(download.path()).read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", data[16:24])
    return width, height


def test_this_view_is_a_png_of_twice_the_size(shown: Viewer) -> None:
    stage = shown.page.locator(".stage").bounding_box()
    file = saved(shown, "This view: PNG")
    assert file.suggested_filename == "A graph.png"
    assert size_of_png(file) == pytest.approx((2 * stage["width"], 2 * stage["height"]), abs=1)
    assert shown.aloud() == "Saved"


def test_the_whole_picture_is_a_png_of_all_of_it(shown: Viewer) -> None:
    assert size_of_png(saved(shown, "Whole picture: PNG")) == (2 * (420 + 32), 2 * (320 + 32))
    assert shown.asked() == []


def test_a_picture_too_large_for_a_browser_is_made_smaller_and_that_is_said(viewer: Viewer) -> None:
    boxes = tuple(Box(f"n{n}", "node", 10, 400 * n, 160, 60, "Conv") for n in range(200))
    viewer.give(Scene(boxes, (), 300, 80_000, title="tall", families=FAMILIES), view=VIEW)
    width, height = size_of_png(saved(viewer, "Whole picture: PNG"))
    assert height <= 12_000
    assert width * height <= 60e6
    assert viewer.aloud().startswith("Saved at 15 % of its size")


@pytest.mark.parametrize(
    ("name", "wish"),
    [
        ("Whole picture: SVG", {"format": "svg", "extent": "shown"}),
        ("Whole picture: HTML", {"format": "html", "extent": "shown"}),
        ("Whole picture: DOT", {"format": "dot", "extent": "shown"}),
        ("Everything open: SVG", {"format": "svg", "extent": "all"}),
        ("Everything open: DOT", {"format": "dot", "extent": "all"}),
    ],
)
def test_other_formats_are_asked_of_the_page(shown: Viewer, name: str, wish: dict[str, str]) -> None:
    choose(shown, name)
    assert shown.asked() == [{"command": "save", **wish}]
    assert shown.focused("ariaLabel") == "Save"


def test_the_menu_is_walked_with_arrow_keys_and_escape_goes_back(shown: Viewer) -> None:
    shown.page.get_by_role("button", name="Save", exact=True).focus()
    shown.page.keyboard.press("Enter")
    assert shown.focused("ariaLabel") == "This view: PNG"
    shown.page.keyboard.press("ArrowDown")
    assert shown.focused("ariaLabel") == "Whole picture: SVG"
    shown.page.keyboard.press("Escape")
    assert shown.focused("ariaLabel") == "Save"
    assert shown.asked() == []


def test_a_file_from_the_page_is_saved_once_for_each_serial(viewer: Viewer) -> None:
    got: list[Any] = []
    viewer.page.on("download", lambda download: got.append(download))
    file = {"name": "m.svg", "mime": "image/svg+xml", "text": "<svg>é</svg>", "serial": 1}
    for serial in (1, 1, 2):
        viewer.give(small(), view=VIEW, file=file | {"serial": serial})
    viewer.give(small(), view=VIEW, file=None)
    viewer.give(small(), view=VIEW, file=file | {"serial": 2})
    assert [each.suggested_filename for each in got] == ["m.svg", "m.svg"]
    assert Path(got[0].path()).read_text("utf-8") == "<svg>é</svg>"
    assert viewer.aloud() == "Saved m.svg"


def test_a_viewer_that_is_built_anew_does_not_save_the_last_file_again(viewer: Viewer) -> None:
    got: list[Any] = []
    viewer.page.on("download", lambda download: got.append(download))
    file = {"name": "m.dot", "mime": "text/plain", "text": "digraph {}", "serial": 1}
    viewer.give(small(), view=VIEW, file=file)
    viewer.page.evaluate("stop()")
    viewer.give(small(), view=VIEW, file=file)
    assert len(got) == 1


def test_a_fixed_picture_offers_png_alone(viewer: Viewer) -> None:
    viewer.give(small(), view=None)
    viewer.page.get_by_role("button", name="Save", exact=True).click()
    names = [
        each.get_attribute("aria-label") for each in viewer.page.locator(".savemenu button:visible").all()
    ]
    assert names == ["This view: PNG", "Whole picture: PNG"]
