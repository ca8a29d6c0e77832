"""Models of the session whose files went from the store: brought back where that can be, else named."""

from __future__ import annotations

from onnxviz import intake
from onnxviz.errors import OnnxvizError
from onnxviz.ui import problems
from onnxviz.ui.session import Entry, Session


def show(mine: Session) -> None:
    """Look after every model of the session; a few questions to the file system each.

    The folder of the store may be emptied or unmounted while the app runs, or another program that shares it
    may evict a model; and a file that is used where it lies may be changed.
    """
    for entry in list(mine.entries.values()):
        if (error := mend(mine, entry)) is not None:
            problems.show(error)


def mend(mine: Session, entry: Entry) -> OnnxvizError | None:
    """Put the files of a model back from where it was opened; why not, where that cannot be."""
    try:
        if entry.model.digest not in mine.store:
            intake.restore(mine.store, entry.model, entry.source)
    except OnnxvizError as error:
        return error
    return None
