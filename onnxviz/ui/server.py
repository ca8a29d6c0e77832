"""The sockets of Streamlit's own server."""

from __future__ import annotations

import contextlib
import os
import socket

import psutil
import streamlit as st


@st.cache_resource(show_spinner=False)
def undelayed() -> int:
    """Have the server answer at once, and return how many listening sockets were told so.

    Streamlit 1.67 makes its socket in a way that keeps asyncio from setting TCP_NODELAY, as uvicorn did
    (https://github.com/encode/uvicorn/issues/3149): with Nagle's algorithm (RFC 896) and delayed
    acknowledgements each file of the page waits 44 ms for the one before, measured on Linux, where
    accepted sockets take the option over from the listening one. Where sockets cannot be looked at, nothing
    changes.
    """
    told = 0
    with contextlib.suppress(psutil.Error, OSError):
        for connection in psutil.Process().net_connections("tcp"):
            if connection.status != psutil.CONN_LISTEN or connection.fd < 0:
                continue
            with socket.socket(fileno=os.dup(connection.fd)) as copy:
                copy.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            told += 1
    return told
