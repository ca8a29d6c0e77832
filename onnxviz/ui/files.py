"""Models as files to take away."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import streamlit as st

from onnxviz.model import Model
from onnxviz.ui.text import file_stem, size

LARGEST_DOWNLOAD = 2_000_000_000
"""Bytes: what is downloaded passes through the memory of the app, which others share."""


def download(model: Model, *, key: str, label: str = "Download") -> None:
    """A button for the `.onnx` file, or for a zip of it and its external data; a sentence for a larger model.

    The file is read when the button is pressed, so that a page with a large model stays light.
    """
    if model.nbytes > LARGEST_DOWNLOAD:
        limit = size(LARGEST_DOWNLOAD)
        st.caption(f"{size(model.nbytes)}: too large to download here, which works up to {limit}")
        return
    path = Path(model.path)
    stem = file_stem(model.name)
    if not model.external_files:
        st.download_button(
            f"{label} ({size(model.nbytes)})",
            lambda: path.open("rb"),
            f"{stem}.onnx",
            "application/octet-stream",
            key=key,
            on_click="ignore",
            icon=":material/download:",
        )
        return
    st.download_button(
        f"{label} as zip ({size(model.nbytes)})",
        lambda: _zipped(path, model.external_files, stem),
        f"{stem}.zip",
        "application/zip",
        key=key,
        on_click="ignore",
        icon=":material/download:",
    )


def _zipped(path: Path, others: tuple[str, ...], stem: str) -> BinaryIO:
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        archive.write(path, f"{stem}.onnx")
        for name in others:
            archive.write(path.parent / name, name)
    made.seek(0)
    return made
