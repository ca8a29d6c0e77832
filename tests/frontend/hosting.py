"""The joined viewer in a blank page with a stand-in for Streamlit: give it data, hear what it says."""

from __future__ import annotations

import json
from typing import Any

from onnxviz.scene.types import Box, Curve, Scene
from onnxviz.ui.wire import FRONTEND, joined, wire

_HOST = """<!doctype html><meta charset="utf-8"><body style="margin:0">
<div id="host" style="width:{width}px; --st-background-color:#fff; --st-text-color:#222"></div>"""

_MOUNT = """async ([source, css]) => {
  const module = await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
  const root = document.querySelector("#host").attachShadow({ mode: "open" });
  const style = document.createElement("style"); style.textContent = css; root.append(style);
  window.said = [];
  const setStateValue = (_, events) => window.said.push(events.list.at(-1).slice(1));
  window.give = (data) => { window.stop = module.default({ parentElement: root, data, setStateValue }); };
}"""

MODULES = sorted(path.name for path in FRONTEND.glob("*.js"))

_CANVAS = "document.querySelector('#host').shadowRoot.querySelector('canvas.picture')"

FAMILIES = {"linear": {"label": "Linear", "sign": "×", "light": "#2563c9", "dark": "#7fb0ff"}}

VIEW: dict[str, Any] = {
    "depth": 1,
    "deepest": 3,
    "direction": "TB",
    "undo": True,
    "redo": True,
    "focus": "",
    "overlays": [["family", "Op family", "Kinds"], ["cost", "Cost", "Arithmetic"]],
    "overlay": "family",
    "help": [["conv", "a word"], ["op:Conv", "an op type"], ["in:", "inputs"], ["out:", "outputs"]],
    "ops": [["Conv", 5], ["Relu", 2]],
    "notes": [],
}
"""What a page says beside the scene; a test changes what it is about."""


def small(title: str = "m", *, opened: bool = False, shift: float = 0.0) -> Scene:
    """An input, a Conv, a group of two and a stub that leads to the Conv, below one another."""
    tall = 200 if opened else 60
    boxes = [
        Box("in:x", "input", 100, 0, 160, 30, "x", ("float[1]",)),
        Box("conv", "node", 100, 80 + shift, 160, 60, "Conv", ("3×3",), "linear"),
        Box("block", "group", 100, 200 + shift, 160, tall, "block", ("Block",), open=opened, count=2),
        Box("stub:1", "stub", 320, 200, 90, 18, "Conv", jump="conv"),
        Box("stub:2", "stub", 320, 260, 90, 18, "far", jump="hidden"),
    ]
    if opened:
        boxes.append(Box("inner", "node", 120, 250 + shift, 120, 40, "Relu", parent="block"))
    curves = (
        Curve("a", "in:x", "conv", ((180, 30), (180, 50), (180, 60), (180, 80)), "float[1]"),
        Curve("b", "conv", "block", ((180, 140), (180, 160), (180, 180), (180, 200)), "float[2]"),
    )
    return Scene(tuple(boxes), curves, 420, 460 if opened else 320, title=title, families=FAMILIES)


def found(
    *hits: tuple[str, str, str], text: str = "c", total: int | None = None, **boxes: int
) -> dict[str, Any]:
    """What a page found: hits as (id, title, note), and how many are in each box."""
    return {
        "text": text,
        "ops": [],
        "total": len(hits) if total is None else total,
        "hits": hits,
        "boxes": boxes,
    }


def run(page: Any, name: str, body: str, *given: Any) -> Any:
    """What `body` returns, with the module's exports as `m` and `given` as `a`."""
    return page.evaluate(f"async (a) => {{ const m = await import('/{name}'); {body} }}", list(given))


class Viewer:
    """A viewer mounted in `page`."""

    def __init__(self, page: Any, width: int = 1000) -> None:
        self.page = page
        page.set_content(_HOST.format(width=width))
        page.evaluate(_MOUNT, [joined(), (FRONTEND / "viewer.css").read_text("utf-8")])

    def give(
        self, scene: Scene, *, select: str | None = None, serial: int = 0, settle: int = 300, **more: Any
    ) -> None:
        """Data as Python sends it; `more` are its other fields. `settle` is how long to wait after, in ms."""
        text = json.dumps(wire(scene))
        data = {"scene": text, "digest": str(hash(text)), "height": 600, "label": "A graph", "look": 0}
        data |= {"select": {"id": select, "serial": serial}}
        self.page.evaluate("(data) => give(data)", data | more)
        self.page.wait_for_timeout(settle)

    def said(self) -> list[Any]:
        """What it said since the last time that one asked."""
        heard: list[Any] = self.page.evaluate("said.splice(0)")
        return heard

    def asked(self) -> list[Any]:
        """What it asked for since the last time, without the numbers that tell wishes apart."""
        return [
            {k: v for k, v in value.items() if k != "n"} for name, value in self.said() if name == "asked"
        ]

    def aloud(self) -> str:
        """What a screen reader says now."""
        text: str = self.page.locator(".said").inner_text()
        return text

    def focused(self, what: str) -> Any:
        """A property of the element that has the focus."""
        return self.page.evaluate(f"document.querySelector('#host').shadowRoot.activeElement?.{what}")

    def percent(self) -> int:
        """The scale, as the toolbar says it."""
        return int(self.page.locator(".do-actual").inner_text().split()[0])

    def at(self, scene: Scene, box_id: str) -> tuple[float, float]:
        """Where the middle of a box is on the page, for a small scene that is shown whole at 100 %."""
        box = next(box for box in scene.boxes if box.id == box_id)
        stage = self.page.locator(".stage").bounding_box()
        left = stage["x"] + (stage["width"] - scene.width) / 2
        top = stage["y"] + (stage["height"] - scene.height) / 2
        return left + box.x + box.w / 2, top + box.y + box.h / 2

    def click(self, scene: Scene, box_id: str) -> None:
        """A click on the middle of a box."""
        self.page.mouse.click(*self.at(scene, box_id))

    def press(self, *keys: str) -> None:
        """Keys, with the focus on the picture."""
        self.page.locator("canvas.picture").focus()
        for key in keys:
            self.page.keyboard.press(key)

    def pixel(self, x: float, y: float) -> list[int]:
        """The colour [r, g, b] of the picture at a point of the page."""
        colour: list[int] = self.page.evaluate(
            f"""([x, y]) => {{ const c = {_CANVAS}, r = c.getBoundingClientRect();
            return [...c.getContext('2d').getImageData(x - r.left, y - r.top, 1, 1).data].slice(0, 3) }}""",
            [x, y],
        )
        return colour

    def picture(self) -> str:
        """The whole picture, as one text to compare."""
        image: str = self.page.evaluate(f"{_CANVAS}.toDataURL()")
        return image
