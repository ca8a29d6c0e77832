"""A folding as a job: asked for as soon as model or options are others, and held while it is shown."""

from __future__ import annotations

from dataclasses import dataclass, replace

import streamlit as st

from onnxviz import jobs
from onnxviz.delivery import waiting
from onnxviz.jobs import Job
from onnxviz.model import Model
from onnxviz.rewrites.fold import Folded, FoldOptions, fold_into_store
from onnxviz.ui import problems
from onnxviz.ui.folding.sources import Script, script
from onnxviz.ui.session import Session
from onnxviz.ui.work import Work


@dataclass(frozen=True, slots=True)
class Taken:
    """A folding with `options`, its models in the store and held there for the place called `key`."""

    folded: Folded
    options: FoldOptions
    key: str
    script: Script

    @property
    def id(self) -> str:
        """The same from run to run, for the keys of widgets."""
        return f"{self.folded.before.digest[:16]}-{self.script.digest[:8]}"


def folded(mine: Session, model: Model, options: FoldOptions, key: str) -> Taken | None:
    """The folding of a model in the place called `key`; None, after progress or an error, without one.

    What was there of another model or with other options is let go.
    """
    work: Work[Folded] = Work(f"fold:{key}")
    wanted, asked = (model.digest, options.key()), f"fold:{key}:asked"
    if st.session_state.get(asked) != wanted:
        st.session_state[asked] = wanted
        _let_go(mine, key)
        work.start(lambda: _ask(mine, model, options))
    kept = _all().get(key)
    if kept is not None and jobs.is_left(kept.folded.trace):
        return kept
    if kept is not None:
        # The workers keep the steps of the last foldings alone.
        _let_go(mine, key)
        work.start(lambda: _ask(mine, model, options))
    found = work.show()
    if found is None:
        work.offer_again("Fold again", lambda: _ask(mine, model, options))
        return None
    with problems.shown():
        _all()[key] = _received(mine, model, found, options, key)
    work.clear()
    return _all().get(key)


def _ask(mine: Session, model: Model, options: FoldOptions) -> Job[Folded]:
    store = mine.store
    return jobs.submit(
        "fold",
        f"Folding {model.name}",
        fold_into_store,
        model.unnamed(),
        store.root,
        store.cap_bytes,
        options,
        key=("fold", model.digest, options.key()),
        still_good=lambda done: _is_good(mine, done),
    )


def _is_good(mine: Session, done: Folded) -> bool:
    models = (done.start_model, done.after)
    return all(waiting(mine.store, each) for each in models) and jobs.is_left(done.trace)


def _received(mine: Session, model: Model, found: Folded, options: FoldOptions, key: str) -> Taken:
    """Its models in the store. They are called after this session's `model`: another may have asked first."""
    left = [found.after] if found.start_model.digest == model.digest else [found.after, found.start_model]
    after, *others = mine.receive(left, _owner(key))
    start = others[0].renamed(f"{model.name} · start") if others else model
    whole = replace(found, before=model, start_model=start, after=after.renamed(f"{model.name} · fold"))
    return Taken(whole, options, key, script(whole))


def _let_go(mine: Session, key: str) -> None:
    _all().pop(key, None)
    mine.held.let_go(_owner(key))


def _owner(key: str) -> tuple[str, str]:
    """Who holds the models of the folding in the place called `key`."""
    return ("fold", key)


def _all() -> dict[str, Taken]:
    found: dict[str, Taken] = st.session_state.setdefault("fold:taken", {})
    return found
