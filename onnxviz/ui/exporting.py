"""Exporting a sample: the gallery, the options, the same as Python, and the export itself."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from onnxviz import jobs
from onnxviz.delivery import receive, waiting
from onnxviz.errors import BadUsage, OnnxvizError
from onnxviz.jobs import Job
from onnxviz.model import Model
from onnxviz.samples.catalog import Sample, WheelModel, find
from onnxviz.samples.delivery import Delivery, export_into_store
from onnxviz.samples.options import CompleteOptions, ExportOptions, complete
from onnxviz.samples.script import call_site, script
from onnxviz.store import Store
from onnxviz.ui import gallery, link, opened, options, problems, viewlink
from onnxviz.ui.session import Session, open_wheel_model
from onnxviz.ui.text import md, seconds
from onnxviz.ui.work import Work

_LINK = "open:link"
_PROBLEM = "open:link-problem"
_MADE = "open:made"
_ASKED = "open:asked"
_SHOWN = "open:shown"

SCRIPT_HEIGHT = 420
"""Points: about twenty lines; the rest scrolls."""


@dataclass(frozen=True, slots=True)
class _Made:
    """What is told of the last export of a sample."""

    digest: str
    said: str
    notes: tuple[str, ...]


def show(mine: Session) -> None:
    """The whole tab."""
    _from_link()
    chosen = gallery.choose()
    if not isinstance(chosen, Sample):
        _real(mine, chosen)
        return
    st.session_state.pop("open:real", None)
    head = st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute")
    news = st.container()
    left, right = st.columns([1, 1], gap="large")
    with left:
        asked = options.widgets(chosen)
    with right:
        full = _checked(chosen, asked)
        if full is not None:
            _python(chosen, asked)
    with head:
        name = chosen.title if full is None else link.title(chosen, full)
        st.subheader(md(name), anchor=False, width="stretch")
    work: Work[Delivery] = Work("open:export", 0.2)
    pressed = head.button(
        "Export",
        type="primary",
        icon=":material/output:",
        key="open:go",
        disabled=full is None or work.running(),
    )
    with news:
        if pressed and full is not None:
            _start(mine, work, chosen, asked, full)
        _news(mine, work, chosen)
    if full is not None:
        _to_link(chosen, full)


def _real(mine: Session, clicked: WheelModel | None) -> None:
    """Open the real model that was clicked; tell of the last one."""
    if clicked is not None:
        with problems.shown(), st.spinner(f"Opening {md(clicked.title)}"):
            st.session_state["open:real"] = open_wheel_model(mine, clicked.id).model.digest
            st.rerun()
    entry = mine.entries.get(st.session_state.get("open:real", ""))
    if entry is not None:
        opened.card(mine, entry, "open:real-card")


def _checked(sample: Sample, asked: ExportOptions) -> CompleteOptions | None:
    """The options with nothing left open; None, after a sentence, when one of them cannot be used."""
    try:
        full = complete(sample, asked)
    except BadUsage as error:
        problems.show(error)
        return None
    problem = st.session_state.get(_PROBLEM)
    if problem is not None and link.write(sample, full) == st.session_state[_LINK]:
        st.warning(f"In the link, {md(str(problem))} The rest was taken over.", icon=":material/link:")
    return full


def _python(sample: Sample, asked: ExportOptions) -> None:
    st.markdown("**The same in Python**")
    st.code(call_site(sample.id, asked), wrap_lines=True)
    whole = script(sample.id, asked)
    st.download_button(
        "Download as .py",
        whole,
        f"export_{sample.id}.py",
        "text/x-python",
        key="open:script",
        on_click="ignore",
        icon=":material/download:",
        help="The model and this call in one file that needs torch and onnxscript alone.",
    )
    with st.expander("The model in PyTorch, and the whole script"):
        st.code(whole, height=SCRIPT_HEIGHT)


def _start(
    mine: Session, work: Work[Delivery], sample: Sample, asked: ExportOptions, full: CompleteOptions
) -> None:
    st.session_state.setdefault(_MADE, {}).pop(sample.id, None)
    st.session_state[_ASKED] = (sample.id, full)
    work.start(lambda: export_job(mine.store, sample, asked, full))


def export_job(store: Store, sample: Sample, asked: ExportOptions, full: CompleteOptions) -> Job[Delivery]:
    """Export a sample in a worker; `full` is `complete(sample, asked)`."""
    name = link.title(sample, full)
    return jobs.submit(
        "torch",
        f"Exporting {name}",
        export_into_store,
        sample.id,
        asked,
        name,
        store.root,
        store.cap_bytes,
        # The script is the export, word for word: the same text is the same file.
        key=("export", str(store.root), script(sample.id, asked)),
        still_good=lambda delivery: waiting(store, delivery.model),
    )


def _news(mine: Session, work: Work[Delivery], sample: Sample) -> None:
    """The progress, the error or the result of an export; the error goes when another sample is chosen."""
    place = st.empty()
    with place.container():
        delivery = work.show()
    if delivery is not None:
        with problems.shown():
            _take_in(mine, sample, delivery)
            work.clear()
            st.rerun()
    elif st.session_state.get(_SHOWN) != sample.id and not work.running():
        place.empty()
        work.clear()
    st.session_state[_SHOWN] = sample.id
    made: _Made | None = st.session_state.get(_MADE, {}).get(sample.id)
    entry = mine.entries.get(made.digest) if made is not None else None
    if made is not None and entry is not None:
        opened.card(mine, entry, "open:made-card", said=made.said, notes=made.notes)


def _take_in(mine: Session, shown: Sample, delivery: Delivery) -> None:
    """Put what was exported into the session; it may be another sample's than the one that is shown."""
    asked_id, full = st.session_state[_ASKED]
    model = add_export(mine, find(asked_id), full, delivery)
    said = f"exported in {seconds(delivery.seconds)}"
    st.session_state.setdefault(_MADE, {})[asked_id] = _Made(model.digest, said, delivery.notes)
    if asked_id != shown.id:
        st.toast(f"{md(model.name)} is open", icon=":material/check_circle:")


def add_export(mine: Session, sample: Sample, full: CompleteOptions, delivery: Delivery) -> Model:
    """The exported model, which is then in the session and current."""
    model = receive(mine.store, delivery.model)
    exporter = link.EXPORTER_NAMES[full.exporter]
    origin = f"Exported from PyTorch with {exporter}, opset {full.opset}"
    mine.add(model, origin, held=True, link=link.write(sample, full))
    return model


def _from_link() -> None:
    """Take over what a link asks for, once."""
    foreign = ("model", *viewlink.KEYS)
    given = {key: st.query_params.get_all(key) for key in st.query_params if key not in foreign}
    if "sample" not in given or given == st.session_state.get(_LINK):
        return
    st.session_state[_LINK] = given
    try:
        choice = link.read(given)
    except OnnxvizError as error:
        problems.show(error)
        return
    st.session_state[_PROBLEM] = choice.problem
    gallery.preselect(choice.sample)
    options.preselect(choice.sample, choice.options)
    st.session_state[_LINK] = link.write(choice.sample, choice.options)


def _to_link(sample: Sample, full: CompleteOptions) -> None:
    """Have the address name what is chosen; a page that was only looked at keeps its plain address."""
    now = link.write(sample, full)
    before = st.session_state.get(_LINK)
    if before is None and now == {"sample": [next(iter(gallery.groups().values()))[0].id]}:
        return
    if now != before:
        st.session_state[_PROBLEM] = None
        st.session_state[_LINK] = now
    kept = {key: st.query_params.get_all(key) for key in st.query_params if key == "model"}
    wanted = kept | now
    if wanted != {key: st.query_params.get_all(key) for key in st.query_params}:
        st.query_params.from_dict(wanted)
