"""The memory that uploads take in the app's own process, given back once their content is in the store.

Streamlit 1.67 keeps each upload whole in memory for as long as the widget lists it: one `bytes` object, which
a record of its own, the widget's value and the copy of it that the page gets share. A record without content
leaves the widget as it is, since that shows what the browser knows. Where Streamlit keeps uploads in another
way nothing is done, and memory is all that it costs.
"""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile, UploadedFileRec


def free(file: UploadedFile, widget: str) -> None:
    """Drop the content of an upload of the widget with this key, which goes on to list it.

    It reads as empty from now on.
    """
    context = get_script_run_ctx()
    manager = context.uploaded_file_mgr if context is not None else None
    if context is None or not isinstance(manager, MemoryUploadedFileManager):
        return
    if manager.get_files(context.session_id, [file.file_id]):
        empty = UploadedFileRec(file.file_id, file.name, file.type, b"")
        manager.add_file(context.session_id, empty)
    for same in (file, *(other for other in st.session_state.get(widget) or () if other == file)):
        same.seek(0)
        same.truncate(0)
