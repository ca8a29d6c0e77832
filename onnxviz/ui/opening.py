"""A file on this machine, named by its path: only for the person who sits at it (`local.is_local`).

No link opens a path: a link comes from anybody, and what it names would be read on its reader's machine.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import streamlit as st

from onnxviz import intake
from onnxviz.errors import OnnxvizError, RefusedFile
from onnxviz.ui import opened, problems
from onnxviz.ui.session import Session
from onnxviz.ui.text import md, plain, size

LABEL = "A file on this machine"

_DIGEST = "open:path:digest"
_FOLDER = "open:path:folder"
_PROBLEM = "open:path:problem"

MOST_LISTED = 40
"""Files of a folder that are offered."""

MOST_LOOKED_AT = 5_000
"""Names in a folder and those below it that are looked at."""


def show(mine: Session) -> None:
    """The whole tab."""
    st.caption(
        "A large model is used where it lies: nothing of it is copied, and weights are read when you ask "
        "for them. Its data files have to be in its folder."
    )
    with st.form("open:path:form", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(
            "Path of an .onnx file, or of a folder that holds some",
            key="open:path",
            placeholder="~/models/decoder.onnx",
        )
        asked = st.form_submit_button("Open", type="primary", icon=":material/folder_open:")
    if asked:
        _go(mine, text)
    if (problem := st.session_state.get(_PROBLEM)) is not None:
        problems.show(problem)
    if (folder := st.session_state.get(_FOLDER)) is not None:
        _offer(mine, folder)
    digest = st.session_state.get(_DIGEST)
    if digest in mine.entries:
        opened.card(mine, mine.entries[digest], "open:path:card", said=_said(mine, digest))


def path_of(text: str) -> Path:
    """What a person typed or pasted, as a path: quotes around it go, `~` is their folder.

    Raises RefusedFile for an empty text, and for what no path can hold.
    """
    trimmed = text.strip()
    if len(trimmed) > 1 and trimmed[0] == trimmed[-1] and trimmed[0] in "\"'":
        trimmed = trimmed[1:-1]
    if not trimmed:
        raise RefusedFile("The path", "is empty", "Write where the file is, such as ~/models/decoder.onnx")
    if "\0" in trimmed:
        raise RefusedFile("The path", "holds a character that no path can have", "Write it again")
    try:
        return Path(trimmed).expanduser().absolute()
    except RuntimeError as e:
        raise RefusedFile(
            plain(trimmed, 80), "begins with the folder of nobody known here", "Write the whole path"
        ) from e


def models_in(folder: Path) -> list[Path]:
    """The `.onnx` files in a folder, then those one folder down, by name; `MOST_LISTED` at most.

    Raises RefusedFile where the folder cannot be read.
    """
    try:
        here = sorted(islice(folder.iterdir(), MOST_LOOKED_AT))
    except OSError as e:
        raise RefusedFile(
            plain(str(folder), 80), "cannot be looked into", "Check its permissions", detail=str(e)
        ) from e
    found = [path for path in here if _is_model(path)]
    below = (path for inner in here if not inner.name.startswith(".") for path in _names_in(inner))
    found += sorted(path for path in islice(below, MOST_LOOKED_AT) if _is_model(path))
    return found[:MOST_LISTED]


def _names_in(folder: Path) -> Iterable[Path]:
    try:
        return list(islice(folder.iterdir(), MOST_LOOKED_AT))
    except OSError:
        # A file, or a folder that is not for this person.
        return ()


def _is_model(path: Path) -> bool:
    return path.name.lower().endswith(".onnx") and path.is_file()


def _go(mine: Session, text: str) -> None:
    """Open a file, or take up a folder; what goes wrong is kept, to be told in this run and the next."""
    for key in (_PROBLEM, _FOLDER, _DIGEST):
        st.session_state.pop(key, None)
    try:
        path = path_of(text)
        if path.is_dir():
            st.session_state[_FOLDER] = path
        else:
            _open(mine, path)
    except OnnxvizError as error:
        st.session_state[_PROBLEM] = error
    else:
        if _DIGEST in st.session_state:
            st.rerun()


def _open(mine: Session, path: Path) -> None:
    with st.spinner(f"Reading {md(path.name)}"):
        model = intake.take_path(mine.store, path)
    mine.add(model, "File on this machine", held=True, source=path)
    st.session_state[_DIGEST] = model.digest


def _offer(mine: Session, folder: Path) -> None:
    """The models of a folder as buttons."""
    with problems.shown():
        found = models_in(folder)
        if not found:
            st.info(
                f"{md(str(folder), 200)} holds no .onnx file, and neither does a folder in it.",
                icon=":material/folder_off:",
            )
        for path in found:
            if st.button(
                md(f"{path.relative_to(folder)} ({_size_of(path)})", 160),
                key=f"open:path:{path}",
                type="tertiary",
                icon=":material/draft:",
            ):
                try:
                    _open(mine, path)
                except OnnxvizError as error:
                    st.session_state[_PROBLEM] = error
                else:
                    st.session_state.pop(_PROBLEM, None)
                st.rerun()


def _size_of(path: Path) -> str:
    try:
        return size(path.stat().st_size)
    except OSError:
        return "gone"


def _said(mine: Session, digest: str) -> str:
    return "used where it lies" if mine.store.refers_to(digest) else "copied: later edits do not reach it"
