"""What the viewer is given of a folding: graphs to draw, steps for its player. No Streamlit here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

from onnxviz.rewrites.fold import Folded
from onnxviz.rewrites.fold.types import Counts
from onnxviz.scene.grouping.homes import Parents, parents
from onnxviz.scene.picture import Picture
from onnxviz.scene.stage import Source
from onnxviz.ui.folding.playing import Player, constants
from onnxviz.ui.messages import Play
from onnxviz.ui.text import plain

MOST_CHARACTERS = 160
"""Of the arithmetic of a step under the picture; the page beside it has all of it."""


@dataclass(frozen=True, slots=True)
class Script:
    """The steps of a folding as the player takes them (`messages.Play`), and the nodes that it speaks of."""

    digest: str
    text: str
    nodes: tuple[str, ...]


def script(folded: Folded) -> Script:
    """The steps as the player takes them."""
    place: dict[str, int] = {}
    boxes = [place.setdefault(step.at, len(place)) for step in folded.steps]
    stays: dict[int, str] = {}
    for each in folded.kept:
        stays.setdefault(place.setdefault(each.node, len(place)), plain(each.sentence, MOST_CHARACTERS))
    told = {
        "given": constants(folded.steps),
        "waves": [step.wave for step in folded.steps],
        "did": [str(step.did) for step in folded.steps],
        "box": boxes,
        "says": [plain(step.sentence, MOST_CHARACTERS) for step in folded.steps],
        "value": [plain(step.value) for step in folded.steps],
        "ready": [step.ready for step in folded.steps],
        "counts": [_count(counts) for counts in folded.counts],
        "stays": stays,
    }
    text = json.dumps(told, separators=(",", ":"), ensure_ascii=False)
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
    return Script(digest, text, tuple(place))


def _count(counts: Counts) -> list[int | None]:
    return [counts.nodes, counts.initializers, counts.nbytes, counts.operations]


def start(folded: Folded) -> Source:
    """The graph that the steps begin with."""
    return Source(folded.start_model.path, folded.start_model.digest)


def play(script: Script, drawn: Picture, player: Player, *, in_place: bool) -> Play:
    """What the viewer is told with a picture of the start (`in_place`), or of the graph at the place."""
    player.is_told = True
    return Play(
        script.digest,
        script.text,
        boxes(drawn, script.nodes),
        player.place,
        player.serial,
        in_place,
        player.unit,
    )


def boxes(drawn: Picture, nodes: Iterable[str]) -> tuple[int, ...]:
    """For each node the place of the box that shows it, or of the closed group around it; -1 for neither."""
    places = {box.id: at for at, box in enumerate(drawn.scene.boxes)}
    known = parents(drawn.hierarchy)
    closed: dict[str, int] = {}
    return tuple(_box(node, places, known, closed) for node in nodes)


def _box(node: str, places: dict[str, int], known: Parents, closed: dict[str, int]) -> int:
    if node in places:
        return places[node]
    around = known.get(node)
    if around is None:
        return -1
    if around not in closed:
        at: str | None = around
        while at is not None and at not in places:
            at = known.get(at)
        closed[around] = places[at] if at is not None else -1
    return closed[around]
