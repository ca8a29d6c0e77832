"""What one person has open: the models of the session, and which one is current everywhere."""

from __future__ import annotations

import sys
import weakref
from collections.abc import Hashable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from onnxviz import intake
from onnxviz.delivery import receive
from onnxviz.errors import OnnxvizError
from onnxviz.model import Model
from onnxviz.samples.catalog import SAMPLES, START, wheel_models
from onnxviz.store import Store
from onnxviz.ui import local, presence, problems
from onnxviz.ui.holding import Holds

_KEY = "onnxviz_session"
_START_ID = "start"
_LIST = "list"
"""Who holds the models of the session's list."""


@dataclass(slots=True)
class Entry:
    """A model of the session: `origin` says in words where it came from, `parent` of what it is a rewrite.

    `link` are the query parameters that open it again, None where no link can (an upload, a rewrite).
    """

    model: Model
    origin: str
    parent: str | None = None
    link: dict[str, list[str]] | None = None
    source: Path | None = None
    """The file on this machine that it was opened from, where there is one."""


@dataclass(slots=True, weakref_slot=True)
class Session:
    """Models by digest, in the order in which they came, and the digest of the current one."""

    store: Store
    entries: dict[str, Entry] = field(default_factory=dict)
    current_digest: str = ""
    problem: OnnxvizError | None = None
    """Why the file named on the command line could not be opened."""
    held: Holds = field(init=False)

    def __post_init__(self) -> None:
        self.held = Holds(self.store)

    @property
    def current(self) -> Entry | None:
        """The model that every page shows."""
        return self.entries.get(self.current_digest)

    def add(
        self,
        model: Model,
        origin: str,
        parent: str | None = None,
        *,
        select: bool = True,
        held: bool = False,
        link: dict[str, list[str]] | None = None,
        source: Path | None = None,
    ) -> Entry:
        """Put a model that is in the store into the list; the same one twice is one entry.

        `held` says that the model comes with a hold of its own (as from `intake`), which passes to the
        session.
        """
        if not held:
            self.store.hold(model.digest)
        self.held.take(_LIST, model.digest)
        entry = self.entries.get(model.digest)
        if entry is None:
            name = _free_name(model.name, {other.model.name for other in self.entries.values()})
            entry = self.entries[model.digest] = Entry(model.renamed(name), origin, parent, link, source)
        if select or not self.current_digest:
            self.current_digest = model.digest
        return entry

    def receive(self, left: Iterable[Model], owner: Hashable) -> list[Model]:
        """Take what a worker left into the store, without a place in the list, and hold it for `owner`.

        What the owner held before is let go; `held.let_go(owner)` ends it altogether. Raises `RefusedFile` as
        `delivery.receive` does, and then changes nothing.
        """
        received: list[Model] = []
        try:
            for model in left:
                # Not a list at once: what came before one that is refused has to be let go.
                received.append(receive(self.store, model))  # noqa: PERF401
        except OnnxvizError:
            for model in received:
                self.store.release(model.digest)
            raise
        self.held.let_go(owner)
        for model in received:
            self.held.take(owner, model.digest)
        return received

    def rename(self, digest: str, name: str) -> None:
        """Give a model another name; an empty one is ignored, a taken one gets a number."""
        if digest in self.entries and name.strip() and name != self.entries[digest].model.name:
            entry = self.entries[digest]
            others = {other.model.name for key, other in self.entries.items() if key != digest}
            entry.model = replace(entry.model, name=_free_name(name.strip(), others))

    def remove(self, digest: str) -> None:
        """Take a model off the list; the one before it becomes current."""
        if digest not in self.entries:
            return
        order = list(self.entries)
        place = order.index(digest)
        del self.entries[digest]
        self.held.let_go(_LIST, digest)
        if self.current_digest == digest:
            rest = order[:place][::-1] + order[place + 1 :]
            self.current_digest = rest[0] if rest else ""

    def children(self, digest: str) -> list[Entry]:
        """The rewrites of a model, newest last."""
        return [entry for entry in self.entries.values() if entry.parent == digest]


@st.cache_resource(show_spinner=False)
def store() -> Store:
    """The one store of this process."""
    return Store()


def session() -> Session:
    """This person's session; on first use it opens what the link or the command line names, or a sample."""
    if _KEY not in st.session_state:
        _through_the_app()
        try:
            made = Session(store())
        except OnnxvizError as error:
            problems.show(error)
            st.stop()
        # A closed tab holds nothing any more: at once when it is known to be gone for good, and in any case
        # when nobody has its state, since a run that was still at work may have taken something meanwhile.
        weakref.finalize(made, made.held.let_all_go)
        presence.when_gone(made.held.let_all_go)
        st.session_state[_KEY] = made
        _open_first(made)
    found: Session = st.session_state[_KEY]
    return found


def _through_the_app() -> None:
    """Begin again with `app.py` where a link to a page had Streamlit run that page alone.

    Until `st.navigation` was called once in the process, Streamlit 1.67 takes a folder called `pages` for
    its older kind of multipage app, which lists the files there and leaves `app.py` out.
    """
    if PagesManager.uses_pages_directory:
        PagesManager.uses_pages_directory = False
        st.rerun()


def open_start(into: Session) -> Entry:
    """The sample that is exported beforehand, so that nothing has to be waited for."""
    model = intake.take_path(into.store, START)
    name = SAMPLES["first"].title
    link = {"model": [_START_ID]} if _argument() else {}
    return into.add(model.renamed(name), "Sample, exported beforehand", held=True, link=link, source=START)


def open_wheel_model(into: Session, model_id: str) -> Entry:
    """One of the real models of the `onnx` package."""
    found = next(model for model in wheel_models() if model.id == model_id)
    model = intake.take_path(into.store, found.path)
    name, origin = model.renamed(found.title), "Real model from the onnx package"
    return into.add(name, origin, held=True, link={"model": [model_id]}, source=found.path)


def _open_argument(into: Session, path: str) -> Entry:
    file = Path(path).absolute()
    model = intake.take_path(into.store, file)
    return into.add(model, "File named on the command line", held=True, link={}, source=file)


def _argument() -> str | None:
    """The file named on the command line."""
    return next((text for text in sys.argv[1:] if not text.startswith("-")), None)


def _open_first(into: Session) -> None:
    # A stranger's page that had its own name lead here gets a sample, and not the person's file.
    argument = _argument() if local.is_called_by_own_name() else None
    wanted = st.query_params.get("model", "")
    try:
        if any(model.id == wanted for model in wheel_models()):
            open_wheel_model(into, wanted)
        elif argument is not None and wanted != _START_ID:
            _open_argument(into, argument)
        else:
            open_start(into)
    except OnnxvizError as error:
        into.problem = error
        # Where not even the sample can be opened the pages say that nothing is open, and why.
        with suppress(OnnxvizError):
            open_start(into)


def _free_name(name: str, taken: set[str]) -> str:
    free, number = name, 1
    while free in taken:
        number += 1
        free = f"{name} ({number})"
    return free
