"""What the app's process writes never holds the words of an error, which may quote a model."""

from __future__ import annotations

import logging
import sys
import threading

import pytest

from onnxviz.errors import BadUsage, RefusedFile
from onnxviz.ui import logs

SECRET = "layer.7.secret"


def failed() -> BaseException:
    try:
        try:
            raise KeyError(SECRET)
        except KeyError as error:
            raise RefusedFile(SECRET, f"has no {SECRET}", detail=SECRET) from error
    except RefusedFile as error:
        return error


def test_a_traceback_has_places_and_kinds_and_no_words() -> None:
    text = logs.without_words(failed())
    assert SECRET not in text
    assert "builtins.KeyError" in text
    assert "onnxviz.errors.RefusedFile" in text
    assert text.index("builtins.KeyError") < text.index("onnxviz.errors.RefusedFile")
    assert text.count('test_logs.py", line') == 2


def test_an_error_that_is_its_own_cause_is_told_once() -> None:
    error = ValueError(SECRET)
    error.__cause__ = error
    assert logs.without_words(error).count("builtins.ValueError") == 1


def test_any_logger_of_the_process_writes_tracebacks_without_words() -> None:
    error = failed()
    record = logs.WordlessRecord(
        "streamlit.error_util", logging.ERROR, "x.py", 1, "Uncaught app execution", (),
        (type(error), error, error.__traceback__),
    )  # fmt: skip
    written = logging.Formatter("%(name)s: %(message)s").format(record)
    assert written.startswith("streamlit.error_util: Uncaught app execution\n")
    assert SECRET not in written
    assert "RefusedFile" in written


def test_a_record_without_an_error_is_as_it_always_was() -> None:
    record = logs.WordlessRecord("onnxviz.jobs", logging.INFO, "x.py", 1, "%s took %d s", ("look", 3), None)
    assert logging.Formatter("%(message)s").format(record) == "look took 3 s"


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Logging as if `begin` had not been called, and as it was afterwards."""
    logger = logging.getLogger("onnxviz")
    monkeypatch.setattr(logger, "handlers", [])
    monkeypatch.setattr(logger, "propagate", True)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    monkeypatch.setattr(logging, "_logRecordFactory", logging.getLogRecordFactory())


@pytest.mark.usefixtures("fresh")
def test_one_line_for_each_event_however_often_it_is_set_up(capsys: pytest.CaptureFixture[str]) -> None:
    logs.begin()
    logs.begin()
    logging.getLogger("onnxviz.jobs").info("fold took 2 s")
    logging.getLogger("onnxviz.jobs").debug("not this")
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("INFO onnxviz.jobs: fold took 2 s")


@pytest.mark.usefixtures("fresh")
def test_a_thread_that_fails_is_logged_without_words(capsys: pytest.CaptureFixture[str]) -> None:
    logs.begin()
    thread = threading.Thread(target=lambda: int(SECRET))
    thread.start()
    thread.join()
    written = capsys.readouterr().err
    assert "a thread ended with an error" in written
    assert "builtins.ValueError" in written
    assert SECRET not in written
    assert "Traceback" in written


@pytest.mark.usefixtures("fresh")
def test_the_level_is_set_by_the_environment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ONNXVIZ_LOG", "loud")
    with pytest.raises(BadUsage, match="ONNXVIZ_LOG"):
        logs.begin()
    monkeypatch.setenv("ONNXVIZ_LOG", "debug")
    logs.begin()
    try:
        int(SECRET)
    except ValueError:
        logging.getLogger("onnxviz.ui").debug("words and all", exc_info=sys.exc_info())
    assert SECRET in capsys.readouterr().err
