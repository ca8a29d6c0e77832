"""Models as a person drops them, with the files that hold their weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from onnxviz import intake
from onnxviz.errors import OnnxvizError
from onnxviz.store import Source
from onnxviz.ui import opened, problems, uploadmemory
from onnxviz.ui.session import Session
from onnxviz.ui.text import md, plain

_STATE = "open:uploads"
_WIDGET = "open:upload"
MOST_NAMED = 5


@dataclass(slots=True)
class Uploads:
    """What became of the files so far, by the id that Streamlit gives each."""

    seen: set[str] = field(default_factory=set)
    alone: set[str] = field(default_factory=set)
    """Files that are not called `.onnx` and came alone: taken for models, to be told what they are."""
    digests: dict[str, str] = field(default_factory=dict)
    stored: dict[str, Path] = field(default_factory=dict)
    """Data files whose content is in the store by now and no longer in memory -> where."""
    failed: dict[str, tuple[frozenset[str], OnnxvizError]] = field(default_factory=dict)
    """File -> the other files that were there, and why it could not be read with them."""


def show(mine: Session) -> None:
    """The whole tab."""
    files = st.file_uploader(
        "Drop ONNX models here, several at once if you like. A model that keeps its weights in other files "
        "needs those too, now or afterwards.",
        accept_multiple_files=True,
        key=_WIDGET,
    )
    state: Uploads = st.session_state.setdefault(_STATE, Uploads())
    mains, extras = sort(state, {file.file_id: file.name for file in files})
    by_id = {file.file_id: file for file in files}
    if _read_new(mine, state, [by_id[one] for one in mains], [by_id[one] for one in extras]):
        st.rerun()
    if files and not mains:
        with problems.shown():
            intake.sort_files(tuple(file.name for file in files))
    for one in mains:
        if one in state.failed:
            problems.show(state.failed[one][1])
    _unused(mine, state, [by_id[one].name for one in extras])
    for file_id, digest in reversed(state.digests.items()):
        if digest in mine.entries:
            opened.card(mine, mine.entries[digest], f"open:upload:{file_id}", primary=len(mains) < 2)


def sort(state: Uploads, names: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """File id -> name of all that lies in the widget, to the ids of models and of possible data files.

    A file that is not called `.onnx` counts as a model when it comes alone and no model waits for data,
    so that a person who drops a checkpoint is told what it is.
    """
    fresh = [one for one in names if one not in state.seen]
    state.seen.update(fresh)
    waits = any(one in state.failed for one in names)
    if len(fresh) == 1 and not waits and not _is_model(names[fresh[0]]):
        state.alone.add(fresh[0])
    mains = [one for one, name in names.items() if _is_model(name) or one in state.alone]
    return mains, [one for one in names if one not in mains]


def _is_model(name: str) -> bool:
    return name.lower().endswith(".onnx")


def _read_new(
    mine: Session, state: Uploads, mains: Sequence[UploadedFile], extras: Sequence[UploadedFile]
) -> bool:
    """Read what was not read yet, or failed with fewer files beside it; True when a model was added."""
    others = frozenset(file.file_id for file in extras)
    added = False
    for main in mains:
        before = state.failed.get(main.file_id)
        if main.file_id in state.digests or (before is not None and before[0] == others):
            continue
        try:
            with st.spinner(f"Reading {md(main.name)}"):
                state.digests[main.file_id] = _read(mine, state, main, extras)
        except OnnxvizError as error:
            state.failed[main.file_id] = (others, error)
        else:
            state.failed.pop(main.file_id, None)
            added = True
    return added


def _read(mine: Session, state: Uploads, main: UploadedFile, extras: Sequence[UploadedFile]) -> str:
    """Digest of the model that `main` is, which is then in the session; what it took leaves the memory."""
    files: dict[str, Source] = {file.name: state.stored.get(file.file_id, file) for file in (*extras, main)}
    for file in (*extras, main):
        file.seek(0)
    model = intake.take_in(mine.store, files, main.name, PurePosixPath(main.name).stem)
    mine.add(model, "Uploaded", held=True)
    folder = Path(model.path).parent
    places = {intake.given_as(files, location): folder / location for location in model.external_files}
    for file in extras:
        if file.name in places:
            # Another model may share its data with this one.
            state.stored.setdefault(file.file_id, places[file.name])
            uploadmemory.free(file, _WIDGET)
    uploadmemory.free(main, _WIDGET)
    return model.digest


def _unused(mine: Session, state: Uploads, extras: Sequence[str]) -> None:
    """Name the data files that no model asked for: one of them may be misnamed."""
    used = {
        PurePosixPath(location).name
        for digest in state.digests.values()
        if digest in mine.entries
        for location in mine.entries[digest].model.external_files
    }
    left = [plain(name, 80) for name in extras if name not in used]
    if left and state.digests:
        more = f" and {len(left) - MOST_NAMED} more" if len(left) > MOST_NAMED else ""
        st.caption(
            f":material/info: No model here names {md(', '.join(left[:MOST_NAMED]) + more)} as its data."
        )
