"""What the app's own process writes: one line for each event, to its standard error output.

No line holds the name of a file or anything of a model. Jobs log their kind and how long they took
(`onnxviz.jobs`). The words of an error may quote a model, so that a traceback has the places and the kinds of
errors alone, those of Streamlit and asyncio too; only the level "debug" has the words as well.
"""

from __future__ import annotations

import logging
import threading
import traceback
from types import TracebackType
from typing import Any

from onnxviz import settings

_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_NAME = "onnxviz"
_LEFT_OUT = "its words are left out, as they may quote a model"

ErrorInfo = tuple[type[BaseException], BaseException, TracebackType | None]

_begun = threading.Lock()


def begin() -> None:
    """Set up logging once in this process. Raises `BadUsage` for a level that cannot be read."""
    level = settings.LOG.value()
    with _begun:
        logger = logging.getLogger(_NAME)
        if logger.handlers:
            return
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter(_FORMAT))
        logger.addHandler(handler)
        logger.setLevel(level.upper())
        logger.propagate = False
        if level == "debug":
            logging.setLogRecordFactory(logging.LogRecord)
        else:
            logging.setLogRecordFactory(WordlessRecord)
            threading.excepthook = _of_thread


class WordlessRecord(logging.LogRecord):
    """A record whose traceback is written without what the errors say."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.exc_info and self.exc_info[1] is not None:
            # A formatter takes the text that is there (https://docs.python.org/3/library/logging.html).
            self.exc_text = without_words(self.exc_info[1])


def without_words(error: BaseException) -> str:
    """The traceback of an error and of those before it, with the kinds in place of the words."""
    parts: list[str] = []
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        places = "".join(traceback.format_tb(link.__traceback__))
        kind = type(link)
        parts.append(f"Traceback:\n{places}{kind.__module__}.{kind.__qualname__} ({_LEFT_OUT})")
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return "\n\nafter which:\n".join(reversed(parts))


def _of_thread(found: threading.ExceptHookArgs) -> None:
    if found.exc_value is not None and found.exc_type is not SystemExit:
        logging.getLogger(_NAME).error("a thread ended with an error", exc_info=found.exc_value)
