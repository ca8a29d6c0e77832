"""Two models and what is known of them -> the text of one HTML file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from onnxviz import __version__, progress
from onnxviz.diff import diff as diff_graphs
from onnxviz.diff import diff_descriptions
from onnxviz.diff.merging import Merged, merge
from onnxviz.diff.models import digests_of
from onnxviz.diff.types import Diff
from onnxviz.errors import BadUsage
from onnxviz.model import Model
from onnxviz.reading import read_model
from onnxviz.report import parts
from onnxviz.report.pictures import Shown, pictures
from onnxviz.report.tables import tables, to_wire
from onnxviz.rewrites.explain.explain import explain
from onnxviz.rewrites.reasons import SECONDS, Explanation, How
from onnxviz.rewrites.types import Agreement
from onnxviz.rewrites.verify import MOST_TRIES, compare_outputs
from onnxviz.scene.functions import expand
from onnxviz.scene.pairing import Pair, Part, Side, pair
from onnxviz.ui.page import inert, policy, theme
from onnxviz.ui.text import plain
from onnxviz.ui.wire import FRONTEND, joined, wire

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
{policy}
<title>{title}</title>
<style>
{theme}
{css}
</style>
</head>
<body>
<header><h1>{heading}</h1>{made}{headline}</header>
<main>
<section><h2>Is it the same function?</h2>{check}</section>
<section id="graphs"><h2>The graphs</h2>
<noscript><p>The graphs and tables need JavaScript.</p></noscript></section>
<section>{reasons}</section>
<section id="tables"><h2>Node by node</h2></section>
<section><h2>Nodes by op type</h2>{bars}</section>
<section><h2>The models</h2>{facts}</section>
</main>
<footer>Made by onnxviz {version}. This file holds everything that it shows and asks for nothing.</footer>
<script type="application/json" id="data">{data}</script>
{scenes}
<script type="text/css" id="css">{viewer}</script>
<script type="module">{script}</script>
</body>
</html>
"""


_MODELS: tuple[Side, ...] = ("before", "after")


def report(
    before: Model,
    after: Model,
    diff: Diff,
    explanation: Explanation | None = None,
    agreement: Agreement | None = None,
    how: How | None = None,
) -> str:
    """One self-contained HTML file that opens from disk; models are read already, nothing is run.

    Raises LayoutFailed where the graphs cannot be drawn.
    """
    both = _pair(before, after, diff)
    shown = pictures(both)
    altered = _merged(before, after, diff, both).altered
    script = joined(main="report.js") + "\nstartReport(document);\n"
    names = f"{plain(before.name)} → {plain(after.name)}"
    data = {
        "pictures": [
            {"name": each.name, "label": f"{each.name}: {names}", "scenes": _ids(place, each)}
            for place, each in enumerate(shown)
        ],
        "tables": to_wire(tables(diff, explanation, altered), _Places(both, shown)),
    }
    progress.report("Writing the report")
    return _PAGE.format(
        policy=policy(script),
        title=escape(f"{names} · onnxviz"),
        theme=theme(),
        css=(FRONTEND / "report.css").read_text(encoding="utf-8"),
        heading=escape(names),
        made=parts.made(how or How()),
        headline=parts.headline(before, after, diff, explanation, len(altered)),
        check=parts.check(agreement),
        bars=parts.bars(diff),
        reasons=parts.reasons(explanation),
        facts=parts.facts(before, after),
        version=__version__,
        data=_json(data),
        scenes="\n".join(_scenes(shown)),
        viewer=(FRONTEND / "viewer.css").read_text(encoding="utf-8"),
        script=script,
    )


def report_files(
    before: Path,
    after: Path,
    names: tuple[str, str],
    how: How | None = None,
    seconds: float = SECONDS,
    tries: int = 3,
    seed: int = 0,
) -> str:
    """`report` of two files, with everything found out first: what differs, why, and whether both agree.

    `names` are those to show. Reasons have `seconds`; outputs are compared on `tries` seeded inputs, 0 for
    not at all. Raises RefusedFile where a file is no model, LayoutFailed where it cannot be drawn, BadUsage
    for more inputs than `MOST_TRIES`.
    """
    return _found_out(before, after, names, how, seconds, tries, seed)[0]


def write_report(
    before: Path,
    after: Path,
    out: Path,
    names: tuple[str, str],
    how: How | None = None,
    seconds: float = SECONDS,
    tries: int = 3,
    seed: int = 0,
) -> dict[str, Any]:
    """`report_files` into the file `out`; returns what a shell wants to know, ready for `json.dumps`."""
    text, diff, explanation, agreement = _found_out(before, after, names, how, seconds, tries, seed)
    out.write_text(text, encoding="utf-8")
    return {
        "path": str(out),
        "bytes": out.stat().st_size,
        "removed": sum(1 for _ in diff.removed_nodes()),
        "added": sum(1 for _ in diff.added_nodes()),
        "changed": sum(len(one.changed) for one in diff.walk()),
        "reasons": explanation.counts(),
        "kept": len(explanation.kept),
        "verified": agreement.to_json() if agreement else None,
    }


def _found_out(
    before: Path, after: Path, names: tuple[str, str], how: How | None, seconds: float, tries: int, seed: int
) -> tuple[str, Diff, Explanation, Agreement | None]:
    if not 0 <= tries <= MOST_TRIES:
        raise BadUsage("The number of inputs to try", f"is {tries}", f"Give 0 to {MOST_TRIES:,}")
    models = [read_model(path).renamed(name) for path, name in zip((before, after), names, strict=True)]
    digests = digests_of(before, after)
    diff = diff_descriptions(models[0], models[1], digests)
    agreement = compare_outputs(before, after, tries, seed, inside=True) if tries else None
    explanation = explain(models[0], models[1], diff, how or How(), seconds, digests)
    return report(models[0], models[1], diff, explanation, agreement, how), diff, explanation, agreement


def _pair(before: Model, after: Model, diff: Diff) -> Pair:
    """Both graphs under one set of ids, functions shown where they are called."""
    if not before.functions and not after.functions:
        return pair(before.graph, after.graph, diff)
    drawn = [expand(model.graph, model.functions) for model in (before, after)]
    # The places of calls are not those of the files, so weights are told apart by type and first elements.
    return pair(drawn[0], drawn[1], diff_graphs(drawn[0], drawn[1]))


def _merged(before: Model, after: Model, diff: Diff, both: Pair) -> Merged:
    """Both graphs in one, under the ids of the diff: where functions are in place, the picture has others."""
    if not before.functions and not after.functions:
        return both.merged
    return merge(before.graph, after.graph, diff)


class _Places:
    """Where a node of either model is in each picture, under one id in all of them.

    A `Constant` is no box: what reads it stands for it.
    """

    def __init__(self, both: Pair, shown: Sequence[Shown]) -> None:
        merged = both.merged
        self._ids = {
            "before": {its: name for name, its in merged.before.items()},
            "after": {its: name for name, its in merged.after.items()},
        }
        self._readers: dict[str, dict[str, str]] = {side: _readers(both.parts[side]) for side in _MODELS}
        self._shown = shown

    def __call__(self, side: str, node: str) -> list[int]:
        if not side:
            return [-1] * len(self._shown)
        name = self._ids[side].get(node, node)
        name = self._readers[side].get(name, name)
        return [each.boxes.get(name, -1) for each in self._shown]


def _readers(part: Part) -> dict[str, str]:
    """`Constant` -> the first node that reads it, by ids of the pictures."""
    first: dict[str, str] = {}
    for leaf, constants in part.wiring.constants.items():
        for _, value in constants:
            first.setdefault(value.name, leaf)
    made = ((node.id, node.outputs[0]) for node in part.graph.walk() if node.is_constant)
    return {node: first[name] for node, name in made if name in first}


def _scenes(shown: Sequence[Shown]) -> list[str]:
    """Each in an element of its own, so that one is only parsed when it is looked at."""
    return [
        f'<script type="application/json" id="{name}">{_json(wire(scene))}</script>'
        for place, each in enumerate(shown)
        for name, scene in zip(_ids(place, each), each.scenes, strict=True)
    ]


def _ids(place: int, shown: Shown) -> list[str]:
    return [f"scene-{place}-{number}" for number in range(len(shown.scenes))]


def _json(data: Any) -> str:
    return inert(json.dumps(data, separators=(",", ":")))
