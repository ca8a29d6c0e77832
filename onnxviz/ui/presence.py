"""Who is connected: the jobs of a closed tab end soon, and what it has open goes a little later.

Streamlit 1.67 keeps a session whose connection ended for `server.disconnectedSessionTTL` seconds, so that a
page which lost the network finds everything again; afterwards it forgets it at some later visit of another
person. Jobs do not wait for that. A tab that is loaded anew is another session to Streamlit: what the one
before has asked for ends as if the tab had been closed.
"""

from __future__ import annotations

import gc
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from onnxviz import jobs
from onnxviz.errors import OnnxvizError
from onnxviz.ui import waiting

_log = logging.getLogger("onnxviz.presence")

LOOK_SECONDS = 1.0
GRACE_SECONDS = 6.0
"""Without a connection until the jobs end: Streamlit's page tries again after half a second, then after one,
two, …; a person who comes back later finds what is done, and is told what was stopped."""

STAYS_SHARE = 0.75
"""Of the time that Streamlit would keep a session, after which it is closed here: once that time is over
Streamlit lets go of it without closing it."""

QUIET_SECONDS = 3.0
"""Without a run or an end of a session until memory is collected, which stops all threads: for 0.2 s where a
model of 13,000 nodes is open."""

LOUD_SECONDS = 30.0
"""That a collection waits at most for such a moment."""


@dataclass(slots=True)
class _Visit:
    """One session. `goes` are to be called when it is over."""

    goes: list[Callable[[], None]] = field(default_factory=list)
    alone_since: float | None = None
    is_dropped: bool = False


class Presence:
    """What becomes of sessions without a connection; knows nothing of Streamlit.

    `drop` ends the jobs of a session, `close` closes it; both take its id, as `is_connected` does. `stays_s`
    are seconds. All methods may be called from any thread.
    """

    def __init__(
        self,
        is_connected: Callable[[str], bool],
        drop: Callable[[str], object],
        close: Callable[[str], object],
        stays_s: float,
        collect: Callable[[], object] = gc.collect,
    ) -> None:
        self._is_connected, self._drop, self._close = is_connected, drop, close
        self._stays_s = stays_s
        self._collect = collect
        self._lock = threading.Lock()
        self._visits: dict[str, _Visit] = {}
        self._last_event = 0.0
        self._collect_since: float | None = None

    def here(self, session: str, now: float) -> None:
        """A run of a page of this session begins at `now`, in seconds of any clock that does not go back."""
        with self._lock:
            self._visits.setdefault(session, _Visit())
            self._last_event = now

    def when_gone(self, session: str, call: Callable[[], None]) -> None:
        """Call this once the session is over."""
        with self._lock:
            self._visits.setdefault(session, _Visit()).goes.append(call)

    def look(self, now: float) -> None:
        """Do what is due."""
        with self._lock:
            due = [(name, visit) for name, visit in self._visits.items() if self._is_due(name, visit, now)]
        for name, visit in due:
            assert visit.alone_since is not None
            if not visit.is_dropped:
                visit.is_dropped = True
                self._drop(name)
            if now - visit.alone_since >= self._stays_s:
                self._end(name, visit, now)
        self._tidy(now)

    def _is_due(self, name: str, visit: _Visit, now: float) -> bool:
        if self._is_connected(name):
            visit.alone_since, visit.is_dropped = None, False
            return False
        if visit.alone_since is None:
            visit.alone_since = now
        return now - visit.alone_since >= GRACE_SECONDS

    def _end(self, name: str, visit: _Visit, now: float) -> None:
        with self._lock:
            self._visits.pop(name, None)
        self._close(name)
        for call in visit.goes:
            call()
        # Streamlit's own thread closes it, in a moment.
        self._last_event = now
        self._collect_since = self._collect_since if self._collect_since is not None else now

    def _tidy(self, now: float) -> None:
        """Sessions are cycles of objects: without a collection their models would stay for long."""
        since = self._collect_since
        if since is None:
            return
        if now - self._last_event >= QUIET_SECONDS or now - since >= LOUD_SECONDS:
            self._collect_since = None
            self._collect()


_presence: Presence | None = None
_lock = threading.Lock()


def here() -> None:
    """Look after the session whose page runs. Nothing where no server does."""
    name = session_id()
    if name and runtime.exists():
        _shared().here(name, time.monotonic())


def when_gone(call: Callable[[], None]) -> None:
    """Call this, from any thread, once the session whose page runs is over."""
    name = session_id()
    if name and runtime.exists():
        _shared().when_gone(name, call)


def session_id() -> str:
    """The id of the session whose page runs in this thread; empty outside of a run."""
    context = get_script_run_ctx(suppress_warning=True)
    return context.session_id if context is not None else ""


def _shared() -> Presence:
    global _presence
    with _lock:
        if _presence is None:
            jobs.ask_as(session_id)
            jobs.wait_with(waiting.in_place)
            server = runtime.get_instance()
            stays_s = STAYS_SHARE * int(st.get_option("server.disconnectedSessionTTL"))
            # The one call that closes a session from any thread; nobody has an account to be forgotten.
            close = server.clear_user_info_for_session
            _presence = Presence(server.is_active_session, jobs.drop_owner, close, stays_s)
            threading.Thread(target=_watch, args=(_presence,), name="onnxviz-presence", daemon=True).start()
        return _presence


def _watch(presence: Presence) -> None:
    while True:
        time.sleep(LOOK_SECONDS)
        try:
            presence.look(time.monotonic())
        except (OnnxvizError, OSError, RuntimeError):
            # What was due is not tried again; the rest is looked after as before.
            _log.exception("a session that is over could not be let go whole")
