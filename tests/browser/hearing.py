"""All that a browser is told by the app: what comes through its socket, and what is downloaded."""

from __future__ import annotations

from typing import Any


class Heard:
    """What a page has received since it was made, to search in."""

    def __init__(self, page: Any) -> None:
        self._parts: list[bytes] = []
        page.on("websocket", self._listen)
        page.on("download", self._keep)

    def _listen(self, socket: Any) -> None:
        socket.on("framereceived", lambda data: self._parts.append(_bytes(data)))

    def _keep(self, download: Any) -> None:
        self._parts.append(_bytes(download.suggested_filename))

    def take(self, data: bytes) -> None:
        """Something else that this person was given."""
        self._parts.append(data)

    def __contains__(self, words: str) -> bool:
        return any(words.encode() in part for part in self._parts)

    def around(self, words: str) -> list[bytes]:
        """Where the words stand, with what is beside them: for the message of a test that fails."""
        wanted = words.encode()
        found = ((part, part.find(wanted)) for part in self._parts)
        return [part[max(0, at - 120) : at + 120] for part, at in found if at >= 0]


def _bytes(data: str | bytes) -> bytes:
    return data.encode() if isinstance(data, str) else data
