"""The graph viewer: a Streamlit component (v2) that draws a `Scene` and says what a person does to it.

Python and JavaScript share one compact document, `onnxviz.ui.wire.wire`. The frontend is a set of ES
modules in `ui/frontend`; Streamlit takes one string (file paths need an installed package), so
`onnxviz.ui.wire.joined` makes one.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import streamlit as st

from onnxviz.scene.types import Scene
from onnxviz.ui.hearing import Picked, Player
from onnxviz.ui.messages import Controls, Download, Marks, Pane, Picks, Play, Shades, Unit
from onnxviz.ui.wire import FRONTEND, joined, shown, wire

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer

_MOST_TEXTS = 8


@dataclass(frozen=True, slots=True)
class ViewerEvent:
    """What the viewer says in one run of the page."""

    selected: str | None = None
    """Id of the box that is selected now. It lasts from run to run; the others are of this run alone."""
    toggled: str | None = None
    """Id of a group that the person just asked to open or close: place a new scene and rerun."""
    wanted: str | None = None
    """Id of a box that is not in the picture: open the groups around it and select it."""
    asked: Mapping[str, Any] = field(default_factory=dict)
    """`{"command": …}` and its values: what a button, a key or the search field asks for."""
    spoke: bool = False
    """Whether `selected` was said in this run."""
    place: int | None = None
    """Of a player: how many steps are done where it rests. As `unit` and `picked`, it lasts."""
    unit: Unit | None = None
    """Of a player: what it moves by."""
    picked: tuple[str, ...] | None = None
    """Ids of the boxes that are picked, in the order of the clicks; None where nothing is asked for."""


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
    selection = _Selection.of(key)
    heard = _heard(st.session_state.get(key))
    mounted = _component()(
        key=key,
        data={
            "scene": text if _must_send(key, digest) else None,
            "digest": digest,
            "height": height,
            "look": look,
            "label": label or _label(scene),
            "select": selection.wish(selected, heard),
            "view": asdict(controls) if controls else None,
            "found": asdict(marks) if marks else None,
            "overlay": asdict(shades) if shades else None,
            "file": asdict(download) if download else None,
            "pane": asdict(pane) if pane else None,
            "play": _play(key, play),
            "picks": _picks(key, picks),
        },
        on_selected_change=_nothing,
        on_toggled_change=_nothing,
        on_wanted_change=_nothing,
        on_asked_change=_nothing,
        on_played_change=_nothing,
        on_picked_change=_nothing,
        on_untraced_change=_nothing,
    )
    asked = mounted.asked if isinstance(mounted.asked, dict) else {}
    rest = played(key, play.digest) if play else None
    return ViewerEvent(
        selection.current,
        _id(mounted.toggled),
        _id(mounted.wanted),
        asked,
        heard[0],
        rest[0] if rest else None,
        rest[1] if rest else None,
        _picked(key).current if picks else None,
    )


def played(key: str, digest: str) -> tuple[int, Unit] | None:
    """Where the player of this viewer rests in the steps called `digest`, and what it moves by.

    None where it was not told of these steps, or of others since.

    May be called before `viewer` in a run, by a page that draws the graph after that many steps.
    """
    player = _player(key)
    player.hear(_said(key, "played"))
    return (player.place, player.unit) if player.digest == digest else None


def agree(key: str, selected: str | None) -> None:
    """Take over what another viewer of the pair says is selected; in the browser they agree already."""
    _Selection.of(key).current = selected


def send_again(key: str) -> None:
    """Have the next `viewer` of this key send its scene and selection, whatever the browser was sent before.

    For a run of the whole page, in which the component may be a new one. One that is there already does not
    heed the selection, as it comes under the number of a wish that was carried out.
    """
    for part in ("sent", "traced"):
        st.session_state.pop(f"{key}:{part}", None)
    selection = _Selection.of(key)
    selection.sent = selection.current
    _player(key).send_again()
    _picked(key).send_again()


@cache
def _component() -> ComponentRenderer:
    css = (FRONTEND / "viewer.css").read_text(encoding="utf-8")
    return st.components.v2.component("onnxviz_viewer", js=joined(), css=css)


def _play(key: str, play: Play | None) -> dict[str, Any] | None:
    """What the browser is told of the player; its trace only when it has not got it."""
    if play is None:
        return None
    player = _player(key)
    player.take(play)
    player.hear(_said(key, "played"))
    lacking = _said(key, "untraced") is not None
    return {
        "digest": play.digest,
        "trace": play.trace if _is_news(f"{key}:traced", play.digest, lacking) else None,
        "boxes": play.boxes,
        "place": player.sent[0],
        "unit": player.sent[1],
        "serial": play.serial,
        # Only the page knows which graph it sends; where it never changes, neither does this message.
        "shown": None if play.in_place else play.place,
    }


def _picks(key: str, picks: Picks | None) -> dict[str, Any] | None:
    picked = _picked(key)
    if picks is None:
        picked.forget()
        return None
    picked.take(picks)
    picked.hear(_said(key, "picked"))
    return {
        "chosen": picked.sent,
        "serial": picks.serial,
        "candidates": picks.candidates,
        "verdicts": dict(picks.verdicts),
    }


def _player(key: str) -> Player:
    found: Player = st.session_state.setdefault(f"{key}:player", Player())
    return found


def _picked(key: str) -> Picked:
    found: Picked = st.session_state.setdefault(f"{key}:picked", Picked())
    return found


def _said(key: str, name: str) -> Any:
    """What the browser said under `name` in this run, None where it said nothing."""
    state = st.session_state.get(key)
    return state.get(name) if state is not None else None


def _must_send(key: str, digest: str) -> bool:
    """A scene may be megabytes: it is sent once, and again when the browser says that it lacks it."""
    said = _said(key, "asked")
    lacking = isinstance(said, dict) and said.get("command") == "scene"
    return _is_news(f"{key}:sent", digest, lacking)


def _is_news(name: str, digest: str, lacking: bool) -> bool:
    """Whether to send what `digest` names, and remember that it was sent."""
    if st.session_state.get(name) == digest and not lacking:
        return False
    st.session_state[name] = digest
    return True


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


@dataclass(slots=True)
class _Selection:
    """Who said last what is selected: the page (a wish, with a serial number) or the person.

    The wish that is sent to the browser changes only with the page's, so that a click does not send
    the whole scene back: an unchanged message goes over the wire as a reference.
    """

    current: str | None = None
    wished: str | None = None
    sent: str | None = None
    serial: int = 0

    @classmethod
    def of(cls, key: str) -> _Selection:
        found = st.session_state.setdefault(f"{key}:selection", cls())
        assert isinstance(found, cls)
        return found

    def wish(self, selected: str | None, heard: tuple[bool, str | None]) -> dict[str, Any]:
        """Take in the page's wish and what the browser said in this run; returns what to send."""
        said, told = heard
        if said:
            self.current = told
        elif selected not in (None, self.wished, self.current):
            self.current = self.sent = selected
            self.serial += 1
        self.wished = selected
        return {"id": self.sent, "serial": self.serial}


def _heard(state: Any) -> tuple[bool, str | None]:
    """Whether the browser spoke of the selection in this run, and the id that it named."""
    if state is None:
        return False, None
    said = state.get("selected")
    if isinstance(said, dict):
        return True, _id(said)
    toggled = state.get("toggled")
    if isinstance(toggled, dict) and "selected" in toggled:
        return True, toggled["selected"] if isinstance(toggled["selected"], str) else None
    return False, None


def _id(said: Any) -> str | None:
    named = said.get("id") if isinstance(said, dict) else None
    return named if isinstance(named, str) else None


def _label(scene: Scene) -> str:
    count = len(scene.boxes)
    name = f"Graph {shown(scene.title)}" if scene.title else "Graph"
    return f"{name}: {count} {'box' if count == 1 else 'boxes'}. Press ? for keys; a list of boxes follows."


def _nothing() -> None:
    """Streamlit reports only events that have a callback."""
