"""A picture as one HTML file that opens without a server: the viewer itself, with its scene inside.

No Streamlit here. Nothing is fetched: a content security policy (https://www.w3.org/TR/CSP3/) lets only the
page's own script run, by its hash, whatever names the model has. `policy`, `theme` and `inert` are for other
pages that hold the viewer too.
"""

from __future__ import annotations

import base64
import hashlib
import json
from html import escape

from onnxviz.scene.types import Scene
from onnxviz.ui.wire import FRONTEND, joined, shown, wire

_COLOURS = {
    "background": ("#ffffff", "#0f141a"),
    "text": ("#1d2733", "#e6ebf0"),
    "primary": ("#0b62c4", "#1f6feb"),
    "red": ("#c62f3b", "#ff7b84"),
    "green": ("#2a8540", "#6fd389"),
    "orange": ("#b07800", "#f0bd4f"),
    "blue": ("#1c6fd1", "#5ea8ff"),
    "violet": ("#7a3fc4", "#c39bff"),
}
"""Light and dark, as the app's own themes have them (`.streamlit/config.toml`)."""

# In a block of its own: at the top level every name of the viewer's modules is taken.
_START = """
{
  const root = document.getElementById("picture").attachShadow({ mode: "open" });
  const style = document.createElement("style");
  style.textContent = document.getElementById("css").textContent;
  const inside = document.createElement("div");
  root.append(style, inside);
  const data = JSON.parse(document.getElementById("data").textContent);
  const show = () => viewer({
    parentElement: inside, data: { ...data, height: window.innerHeight - 2 }, setStateValue: () => {},
  });
  show();
  window.addEventListener("resize", show);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
}
"""

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
{policy}
<title>{title}</title>
<style>
{theme}
html, body {{ margin: 0; background: var(--st-background-color); }}
</style>
</head>
<body>
<div id="picture"></div>
<script type="application/json" id="data">{data}</script>
<script type="text/css" id="css">{css}</script>
<script type="module">{script}</script>
</body>
</html>
"""


def to_html(scene: Scene, title: str) -> str:
    """`scene` as a page to move in: pan, zoom, select, search, the list of boxes. Nothing opens or closes."""
    script = joined() + _START
    css = (FRONTEND / "viewer.css").read_text(encoding="utf-8")
    name = shown(title)
    document = {
        "scene": json.dumps(wire(scene), separators=(",", ":")),
        "digest": "page",
        "look": 0,
        "label": f"Graph of {name}",
        "select": {"id": None, "serial": 0},
        "view": None,
    }
    return _PAGE.format(
        policy=policy(script),
        title=escape(f"{name} · onnxviz"),
        theme=theme(),
        data=inert(json.dumps(document)),
        css=css,
        script=script,
    )


def policy(script: str) -> str:
    """The element that lets a page run the `script` that it holds, and nothing else, and fetch nothing."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        f'<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; script-src '
        f"'sha256-{digest}'; style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; "
        "form-action 'none'\">"
    )


def theme() -> str:
    """CSS rules with the variables that the viewer reads, light or dark as the browser prefers."""
    fixed = "--st-font: system-ui, sans-serif; --st-base-radius: 8px;"
    return (
        f":root {{ {_variables(0)} {fixed} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root {{ {_variables(1)} }} }}"
    )


def inert(text: str) -> str:
    """JSON within a page: no `<` that could begin a tag (https://html.spec.whatwg.org/#scriptTag)."""
    return text.replace("<", "\\u003c")


def _variables(look: int) -> str:
    return " ".join(f"--st-{name}-color: {both[look]};" for name, both in _COLOURS.items())
