"""A reverse proxy as people put in front of the app: one of its paths leads on, all others are 404.

Each request has a connection of its own to the app; WebSockets and bodies pass through as they come.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

_ENDS = (OSError, asyncio.IncompleteReadError, asyncio.CancelledError)
_ELSEWHERE = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@contextlib.contextmanager
def in_front_of(url: str) -> Iterator[str]:
    """The address under which a browser finds what lies at `url`, a path of a server on this machine."""
    upstream = urlsplit(url)
    assert upstream.hostname is not None
    assert upstream.port is not None
    proxy = _Proxy("127.0.0.1", upstream.port, upstream.path)
    # In a thread of its own: Playwright has a loop in this one.
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    listening = asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    server = asyncio.run_coroutine_threadsafe(listening, loop).result(10)
    try:
        yield f"http://localhost:{server.sockets[0].getsockname()[1]}{upstream.path}"
    finally:
        asyncio.run_coroutine_threadsafe(_end(server), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _end(server: asyncio.Server) -> None:
    server.close()
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


class _Proxy:
    def __init__(self, host: str, port: int, path: str) -> None:
        self._host, self._port, self._path = host, port, path

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer), contextlib.suppress(*_ENDS):
            head = await reader.readuntil(b"\r\n\r\n")
            asked = head.split(b" ", 2)[1].decode()
            if asked != self._path and not asked.startswith((f"{self._path}/", f"{self._path}?")):
                writer.write(_ELSEWHERE)
                await writer.drain()
                return
            back, forth = await asyncio.open_connection(self._host, self._port)
            with contextlib.closing(forth):
                forth.write(_led_on(head))
                sending = asyncio.ensure_future(_pass_on(reader, forth))
                await _pass_on(back, writer)
                sending.cancel()


async def _pass_on(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while data := await source.read(1 << 16):
        target.write(data)
        await target.drain()


def _led_on(head: bytes) -> bytes:
    """The head of a request as it goes on: one request a connection, except for WebSockets."""
    first, *lines = head[:-4].split(b"\r\n")
    is_upgrade = any(line.lower().startswith(b"upgrade:") for line in lines)
    if not is_upgrade:
        lines = [line for line in lines if not line.lower().startswith(b"connection:")]
        lines.append(b"Connection: close")
    return b"\r\n".join([first, *lines, b"X-Forwarded-For: 192.0.2.7", b"X-Forwarded-Proto: http", b"", b""])
