"""Inputs of a person's own: uploaded, and checked against the models at once."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from onnxviz import jobs
from onnxviz.model import Model
from onnxviz.ui.bench.fitting import fitting
from onnxviz.ui.text import file_stem, md
from onnxviz.ui.work import Work

MOST_NAMED = 6

Fitting = tuple[tuple[str, str, tuple[int, ...]], ...]


@dataclass(slots=True)
class _Kept:
    """The last file that was uploaded, in a folder that goes with the session, and what was asked of it."""

    folder: tempfile.TemporaryDirectory[str] = field(
        default_factory=lambda: tempfile.TemporaryDirectory(prefix="onnxviz-inputs-")
    )
    file_id: str = ""
    path: str = ""
    checked: tuple[str, tuple[str, ...]] | None = None


def choose(models: Sequence[Model]) -> str | None:
    """Path of the file to run on, empty for made-up numbers; None while it does not fit, after saying why."""
    with st.popover("Inputs of your own", icon=":material/upload_file:"):
        st.markdown(
            "Without a file the inputs are made up: seeded, of the right types and sizes, and the same for "
            "all models. Give an `.npz` with an array for each input under its name (`numpy.savez`), or an "
            "`.npy` for a model with one input."
        )
        file = st.file_uploader("Arrays of NumPy", type=["npz", "npy"], key="benchmark:inputs")
    if file is None:
        return ""
    kept: _Kept = st.session_state.setdefault("benchmark:inputs:kept", _Kept())
    if kept.file_id != file.file_id:
        kept.file_id, kept.path, kept.checked = file.file_id, _stored(kept, file), None
    return kept.path if models and _fits(kept, models) else None


def _stored(kept: _Kept, file: UploadedFile) -> str:
    """Where the file lies from now on: by its content, so what was measured on another can be repeated."""
    data = file.getbuffer()
    folder = Path(kept.folder.name) / hashlib.sha256(data).hexdigest()[:16]
    folder.mkdir(exist_ok=True)
    path = folder / f"{file_stem(Path(file.name).stem)}{Path(file.name).suffix.lower()}"
    path.write_bytes(data)
    return str(path)


def _fits(kept: _Kept, models: Sequence[Model]) -> bool:
    work: Work[Fitting] = Work("benchmark:inputs")
    asked = kept.path, tuple(model.digest for model in models)
    if kept.checked != asked:
        kept.checked = asked
        named = tuple((model.name, model.path) for model in models)
        work.start(
            lambda: jobs.submit(
                "look", "Reading the inputs", fitting, kept.path, named, key=("fitting", kept.file_id, named)
            )
        )
    found = work.show()
    if found is None:
        return False
    shown = [f"{md(name, 60)} {md(f'{dtype}{list(shape)}', 80)}" for name, dtype, shape in found[:MOST_NAMED]]
    more = f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
    st.caption(f":material/check: Runs on {md(Path(kept.path).name, 60)}: {', '.join(shown)}{more}.")
    return True
