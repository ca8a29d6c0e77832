"""A visitor without a browser: a web socket on which Streamlit 1.67's own protobuf is spoken."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from google.protobuf.message import DecodeError
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import FileURLs
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from tests.benchmarks.crowd.marked import PATTERN
from tests.benchmarks.crowd.person import Person
from tests.benchmarks.crowd.shown import Asked, Page, Test, kind_of
from tests.benchmarks.crowd.visitor import MOST_SECONDS, PATIENCE_SECONDS

COOKIE = "_streamlit_xsrf"
LARGEST_MESSAGE = 200_000_000
MARKS = re.compile(PATTERN.encode())
EDGE = "onnxviz-edge-7f3a91c05be84d26"
"""Between the parts of an upload; no file here has it."""


@dataclass(frozen=True, slots=True)
class Click:
    """From the question to the first element of its run, to what it was made for, and to the end of the run.

    In seconds. `nbytes` came meanwhile.
    """

    kind: str
    first_s: float
    seen_s: float
    done_s: float
    nbytes: int


@dataclass(slots=True, kw_only=True)
class Client(Person):
    """A visitor without a browser. Everything happens in one event loop."""

    url: str
    clicks: list[Click] = field(default_factory=list)
    marks: set[str] = field(default_factory=set)
    """Whose marks ever came."""
    page: Page = field(default_factory=Page)
    _socket: WebSocketClientConnection | None = None
    _is_leaving: bool = False
    _xsrf: str = ""
    _nbytes: int = 0
    """Of all that came."""
    _urls: FileURLs | None = None
    _polls: dict[str, tuple[float, asyncio.Task[None]]] = field(default_factory=dict)
    """Fragment -> seconds between its runs, and who asks for them."""
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.page.faults = self.faults

    async def arrive(self) -> None:
        """Connect, ask for the first page, and wait for it as for a result."""
        began = time.perf_counter()
        health = await AsyncHTTPClient().fetch(f"{self.url}/_stcore/health")
        cookie = next(each for each in health.headers.get_list("Set-Cookie") if each.startswith(COOKIE))
        self._xsrf = cookie.partition("=")[2].partition(";")[0]
        self._socket = await websocket_connect(
            HTTPRequest(f"{self.url.replace('http', 'ws', 1)}/_stcore/stream", headers=self._headers()),
            subprotocols=["streamlit", self._xsrf],
            on_message_callback=self._heard,
            max_message_size=LARGEST_MESSAGE,
        )
        asked = self.page.asked = Asked("", "", "", lambda _: True)
        self._ask()
        await self._until(lambda: "done" in asked.at)
        self.page.asked = None
        self.results["arrival"] = [time.perf_counter() - began]

    async def go(self, name: str, wanted: Test) -> None:
        """Another page by its name in the side bar."""
        self.page.values.clear()
        await self._click("page", Asked(self.page.hashes[name], "", "", wanted))

    async def press(self, kind: str, label: str, wanted: Test, leads_to: str = "") -> None:
        """A button by the whole of its name, the first where there are two; perhaps it leads to a page."""
        found = self.page.find(lambda thing: kind_of(thing) == "button" and thing.button.label == label)
        page = self.page.hashes[leads_to] if leads_to else self.page.hash
        state = WidgetState(id=found.thing.button.id, trigger_value=True)
        await self._click(kind, Asked(page, self.page.hash, found.fragment, wanted), state)

    async def choose(self, name: str, wanted: Test) -> None:
        """One of a row of buttons that exclude each other."""

        def offers(thing: Any) -> bool:
            options = thing.button_group.options if kind_of(thing) == "button_group" else ()
            return name in [one.content for one in options]

        found = self.page.find(offers)
        self._value(found.thing.button_group.id).string_array_value.data.append(name)
        await self._click("view", Asked(self.page.hash, self.page.hash, found.fragment, wanted))

    async def open_tab(self, name: str, wanted: Test) -> None:
        """A tab the content of which is made once it is open."""
        row = self.page.around(lambda thing: kind_of(thing) == "tab" and thing.tab.label == name)
        self._value(row.thing.tab_container.id).string_value = name
        await self._click("tab", Asked(self.page.hash, self.page.hash, row.fragment, wanted))

    async def give(self, path: Path) -> None:
        """A file into the uploader. Returns once the app has been told, before it has read the file."""
        found = self.page.find(lambda thing: kind_of(thing) == "file_uploader")
        ask = BackMsg()
        ask.file_urls_request.request_id = path.name
        ask.file_urls_request.file_names.append(path.name)
        ask.file_urls_request.session_id = self.page.session
        self._send(ask)
        await self._until(lambda: self._urls is not None)
        assert self._urls is not None
        content = path.read_bytes()
        head = f'Content-Disposition: form-data; name="file"; filename="{path.name}"'
        await AsyncHTTPClient().fetch(
            f"{self.url}{self._urls.upload_url}",
            method="PUT",
            headers=self._headers() | {"Content-Type": f"multipart/form-data; boundary={EDGE}"},
            body=f"--{EDGE}\r\n{head}\r\n\r\n".encode() + content + f"\r\n--{EDGE}--\r\n".encode(),
            request_timeout=PATIENCE_SECONDS,
        )
        files = self._value(found.thing.file_uploader.id).file_uploader_state_value
        info = files.uploaded_file_info.add(name=path.name, size=len(content), file_id=self._urls.file_id)
        info.file_urls.CopyFrom(self._urls)
        self._ask(found.fragment)

    async def wait_for(self, kind: str, wanted: Test) -> None:
        """Wait for what a job makes, and note for how long."""
        began = time.perf_counter()
        await self._until(lambda: self.page.shows(wanted))
        self.results.setdefault(kind, []).append(time.perf_counter() - began)

    async def quiet(self) -> None:
        """Wait until no fragment has itself run again and again, and no run is under way."""
        await self._until(lambda: not self._polls and not self.page.is_running)

    async def leave(self) -> None:
        """Close the connection."""
        self._is_leaving = True
        self._stop_polls(list(self._polls))
        if self._socket is not None:
            self._socket.close()

    async def _click(self, kind: str, asked: Asked, pressed: WidgetState | None = None) -> None:
        self.page.asked, before = asked, self._nbytes
        began = time.perf_counter()
        self._ask(asked.fragment, pressed, page=self.page.hash if asked.by else asked.page)
        try:
            await self._until(lambda: "done" in asked.at, MOST_SECONDS)
        except TimeoutError:
            self.faults.append(f"{kind}: its run was not over within {MOST_SECONDS:g} s")
        self.page.asked = None
        if "seen" not in asked.at:
            self.faults.append(f"{kind}: what it was made for did not come")
        first, seen, done = (
            asked.at.get(end, began + MOST_SECONDS) - began for end in ("first", "seen", "done")
        )
        self.clicks.append(Click(kind, first, seen, done, self._nbytes - before))

    async def _until(self, holds: Callable[[], bool], most_seconds: float = PATIENCE_SECONDS) -> None:
        async with asyncio.timeout(most_seconds):
            while not holds():
                self._news.clear()
                await self._news.wait()

    def _value(self, widget: str) -> WidgetState:
        """A new value for a widget, to be filled in."""
        found = self.page.values[widget] = WidgetState(id=widget)
        return found

    def _headers(self) -> dict[str, str]:
        return {"Origin": self.url, "Cookie": f"{COOKIE}={self._xsrf}", "X-Xsrftoken": self._xsrf}

    def _ask(
        self, fragment: str = "", pressed: WidgetState | None = None, *, page: str = "", is_poll: bool = False
    ) -> None:
        """Ask for a run."""
        message = BackMsg()
        state = message.rerun_script
        state.widget_states.widgets.extend([*self.page.values.values(), *([pressed] if pressed else [])])
        state.page_script_hash = page or self.page.hash
        state.fragment_id, state.is_auto_rerun = fragment, is_poll
        state.cached_message_hashes.extend(self.page.known())
        state.context_info.timezone, state.context_info.locale = "UTC", "en-GB"
        state.context_info.url, state.context_info.color_scheme = self.url, "light"
        self._send(message)

    def _send(self, message: BackMsg) -> None:
        assert self._socket is not None
        self._socket.write_message(message.SerializeToString(), binary=True)

    def _heard(self, raw: str | bytes | None) -> None:
        """One message, or None at the end of the connection."""
        if not isinstance(raw, bytes):
            if not self._is_leaving:
                self.faults.append("the connection was closed")
            return
        self._nbytes += len(raw)
        self.marks.update(mark.decode() for mark in MARKS.findall(raw))
        try:
            message = ForwardMsg.FromString(raw)
            self.page.take(message)
        except (DecodeError, KeyError) as error:
            self.faults.append(f"a message that was not understood: {error!r}")
        else:
            self._act_on(message)
        self._news.set()

    def _act_on(self, message: ForwardMsg) -> None:
        """What a page does by itself: begin to ask for runs of a fragment, and stop."""
        match message.WhichOneof("type"):
            case "new_session" if not self.page.fragments:
                self._stop_polls(list(self._polls))
            case "auto_rerun":
                fragment, seconds = message.auto_rerun.fragment_id, message.auto_rerun.interval
                if self._polls.get(fragment, (None,))[0] != seconds:
                    self._stop_polls([fragment])
                    self._polls[fragment] = seconds, asyncio.create_task(self._poll(fragment, seconds))
            case "stop_auto_rerun":
                self._stop_polls(message.stop_auto_rerun.fragment_ids)
            case "file_urls_response":
                self._urls = message.file_urls_response.file_urls[0]

    async def _poll(self, fragment: str, seconds: float) -> None:
        while True:
            await asyncio.sleep(seconds)
            self._ask(fragment, is_poll=True)

    def _stop_polls(self, fragments: Iterable[str]) -> None:
        for fragment in fragments:
            if fragment in self._polls:
                self._polls.pop(fragment)[1].cancel()
