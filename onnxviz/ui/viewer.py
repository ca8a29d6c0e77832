"""The graph viewer: a Streamlit component (v2) that draws a `Scene` and says what a person does to it.

Python and JavaScript share one compact document, `onnxviz.ui.wire.wire`. The frontend is a set of ES
modules in `ui/frontend`; Streamlit takes one string (file paths need an installed package), so
`onnxviz.ui.wire.joined` makes one.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import streamlit as st

from onnxviz.scene.types import Scene
from onnxviz.ui.hearing import Channel, Event, Picked, Player, Selection
from onnxviz.ui.messages import Controls, Download, Marks, Pane, Picks, Play, Shades, Unit
from onnxviz.ui.wire import FRONTEND, joined, shown, wire

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer

_MOST_TEXTS = 8


@dataclass(frozen=True, slots=True)
class ViewerEvent:
    """What the viewer says in one run of the page."""

    selected: str | None = None
    """Id of the box that is selected now. It lasts from run to run."""
    spoke: bool = False
    """Whether the person said so since `agree`."""
    place: int | None = None
    """Of a player: how many steps are done where it rests. As `unit` and `picked`, it lasts."""
    unit: Unit | None = None
    """Of a player: what it moves by."""
    picked: tuple[str, ...] | None = None
    """Ids of the boxes that are picked, in the order of the clicks; None where nothing is asked for."""
    waiting: deque[Event] = field(default_factory=deque, compare=False, repr=False)

    def take(self) -> Iterator[Event]:
        """What the person wants of the page, each thing once, in order.

        `toggled` is a group to open or close, `{"id": …}`; `wanted` a box that is not in the picture, to
        open what is around it and select it; `asked` what a button, a key or the search field asks for,
        `{"command": …}` and its values. What is not taken in this run is there in the next.
        """
        while self.waiting:
            yield self.waiting.popleft()


def viewer(
    scene: Scene,
    *,
    key: str,
    height: int = 620,
    selected: str | None = None,
    label: str = "",
    look: int = 0,
    controls: Controls | None = None,
    marks: Marks | None = None,
    shades: Shades | None = None,
    download: Download | None = None,
    pane: Pane | None = None,
    play: Play | None = None,
    picks: Picks | None = None,
) -> ViewerEvent:
    """Draw `scene` in `height` CSS pixels and return what the person did.

    `selected` is a wish: when it differs from the wish of the run before, that box is selected and
    brought into view; otherwise the person's own selection stands. So a page may hold the selection
    (pass back `event.selected`) or leave it to the viewer (pass nothing). `label` names the picture
    for screen readers. Two scenes with the same `title` are states of one graph: what was in view
    stays in view; a scene with another title is shown whole, and so is any when `look` is another number
    than before. Without `controls` nothing opens or closes. Viewers whose `pane` has the same key move,
    select and point together. `play` puts a player under the picture, `picks` has boxes picked in it.
    """
    digest, text = _text(scene)
    ear = _Ear.of(key)
    ear.listen(st.session_state.get(key))
    _component()(
        key=key,
        data={
            "scene": text if ear.is_news("scene", digest) else None,
            "digest": digest,
            "height": height,
            "look": look,
            "label": label or _label(scene),
            "select": ear.selection.wish(selected),
            "view": asdict(controls) if controls else None,
            "found": asdict(marks) if marks else None,
            "overlay": asdict(shades) if shades else None,
            "file": asdict(download) if download else None,
            "pane": asdict(pane) if pane else None,
            "play": _play(play, ear),
            "picks": _picks(ear.picked, picks),
        },
        on_events_change=_nothing,
    )
    rest = played(key, play.digest) if play else None
    return ViewerEvent(
        ear.selection.current,
        ear.selection.is_untold,
        rest[0] if rest else None,
        rest[1] if rest else None,
        ear.picked.current if picks else None,
        ear.channel.waiting,
    )


def played(key: str, digest: str) -> tuple[int, Unit] | None:
    """Where the player of this viewer rests in the steps called `digest`, and what it moves by.

    None where it was not told of these steps, or of others since.

    May be called before `viewer` in a run, by a page that draws the graph after that many steps.
    """
    ear = _Ear.of(key)
    ear.listen(st.session_state.get(key))
    player = ear.player
    return (player.place, player.unit) if player.digest == digest else None


def agree(key: str, selected: str | None) -> None:
    """Take over what another viewer of the pair says is selected; in the browser they agree already."""
    _Ear.of(key).selection.agree(selected)


def send_again(key: str) -> None:
    """Have the next `viewer` of this key send its scene and selection, whatever the browser was sent before.

    For a run of the whole page, in which the component may be a new one. One that is there already does not
    heed the selection, as it comes under the number of a wish that was carried out.
    """
    ear = _Ear.of(key)
    ear.sent.clear()
    for each in (ear.selection, ear.player, ear.picked):
        each.send_again()


@cache
def _component() -> ComponentRenderer:
    css = (FRONTEND / "viewer.css").read_text(encoding="utf-8")
    return st.components.v2.component("onnxviz_viewer", js=joined(), css=css)


@dataclass(slots=True)
class _Ear:
    """All that is kept of what one viewer said, and of what its browser was sent."""

    channel: Channel = field(default_factory=Channel)
    selection: Selection = field(default_factory=Selection)
    player: Player = field(default_factory=Player)
    picked: Picked = field(default_factory=Picked)
    sent: dict[str, str] = field(default_factory=dict)
    """"scene" or "trace" -> digest of the one that the browser has."""

    @classmethod
    def of(cls, key: str) -> _Ear:
        found = st.session_state.setdefault(f"{key}:ear", cls())
        assert isinstance(found, cls)
        return found

    def listen(self, state: Any) -> None:
        """Take in what is new. No step in it asks Streamlit for anything, so that no run ends within it."""
        for event in self.channel.news(state.get("events") if state is not None else None):
            if event.name == "selected":
                self.selection.hear(_id(event.value))
            elif event.name == "played":
                self.player.hear(event.value)
            elif event.name == "picked":
                self.picked.hear(event.value)
            elif event.name == "untraced":
                self.sent.pop("trace", None)
            elif event.value.get("command") == "scene":
                self.sent.pop("scene", None)
            else:
                self.channel.waiting.append(event)

    def is_news(self, what: str, digest: str) -> bool:
        """Whether to send what `digest` names, which may be megabytes: once, and again where the browser says
        that it lacks it. Remembers that it was sent."""
        known = self.sent.get(what)
        self.sent[what] = digest
        return known != digest


def _play(play: Play | None, ear: _Ear) -> dict[str, Any] | None:
    """What the browser is told of the player; its trace only when it has not got it."""
    if play is None:
        return None
    ear.player.take(play)
    return {
        "digest": play.digest,
        "trace": play.trace if ear.is_news("trace", play.digest) else None,
        "boxes": play.boxes,
        "place": ear.player.sent[0],
        "unit": ear.player.sent[1],
        "serial": play.serial,
        # Only the page knows which graph it sends; where it never changes, neither does this message.
        "shown": None if play.in_place else play.place,
    }


def _picks(picked: Picked, picks: Picks | None) -> dict[str, Any] | None:
    if picks is None:
        picked.forget()
        return None
    picked.take(picks)
    return {
        "chosen": picked.sent,
        "serial": picks.serial,
        "candidates": picks.candidates,
        "verdicts": dict(picks.verdicts),
    }


_texts: OrderedDict[int, tuple[Scene, str, str]] = OrderedDict()
_texts_lock = threading.Lock()


def _text(scene: Scene) -> tuple[str, str]:
    """Digest and JSON text of a scene. Kept for the last few, since a page shows one many times over."""
    with _texts_lock:
        known = _texts.get(id(scene))
        if known is not None and known[0] is scene:
            _texts.move_to_end(id(scene))
            return known[1], known[2]
    text = json.dumps(wire(scene), separators=(",", ":"), ensure_ascii=False)
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
    with _texts_lock:
        _texts[id(scene)] = (scene, digest, text)
        while len(_texts) > _MOST_TEXTS:
            _texts.popitem(last=False)
    return digest, text


def _id(said: dict[str, Any]) -> str | None:
    named = said.get("id")
    return named if isinstance(named, str) else None


def _label(scene: Scene) -> str:
    count = len(scene.boxes)
    name = f"Graph {shown(scene.title)}" if scene.title else "Graph"
    return f"{name}: {count} {'box' if count == 1 else 'boxes'}. Press ? for keys; a list of boxes follows."


def _nothing() -> None:
    """Streamlit reports only events that have a callback."""
