"""Whether the person in front of the browser sits at this machine: then files may be opened by path."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping

import streamlit as st

from onnxviz import settings

_FORWARDING = ("forwarded", "via", "x-real-ip")
"""Headers of proxies, and all that begin with `x-forwarded-` (RFC 7239, RFC 9110 section 7.6.3)."""


def is_local() -> bool:
    """What ONNXVIZ_LOCAL says; with "auto" whether all looks as if the app was started for this machine.

    Raises `BadUsage` for a setting that cannot be read.
    """
    wish = settings.LOCAL.value()
    if wish != "auto":
        return wish == "on"
    return looks_local(
        address=st.get_option("server.address") or "",
        base_path=st.get_option("server.baseUrlPath") or "",
        is_headless=bool(st.get_option("server.headless")),
        headers=st.context.headers.to_dict(),
    )


def is_called_by_own_name() -> bool:
    """False for a page that reached a server of this machine alone by a foreign name, with no proxy between.

    That is what DNS rebinding looks like, where a stranger's page has its own name lead to this machine
    (https://en.wikipedia.org/wiki/DNS_rebinding). A server that is told its names (`server.allowedHosts`) or
    to serve others needs no such guess.
    """
    if st.get_option("server.allowedHosts") or st.get_option("server.headless"):
        return True
    host = st.context.headers.get("Host")
    only_here = is_loopback(st.get_option("server.address") or "")
    return not only_here or host is None or is_loopback(_host(host))


def looks_local(address: str, base_path: str, is_headless: bool, headers: Mapping[str, str]) -> bool:
    """Whether a server at `address` that got a request with `headers` serves its own machine alone.

    A browser is opened at the start (not headless), nothing from outside can connect, no proxy stands in
    between, and the page is asked for by a name of this machine: a page elsewhere that has its own name lead
    here (DNS rebinding) is not local. Nor is a page of another origin: everybody's behind a proxy that tells
    nothing of itself, and a stranger's where `server.enableCORS` is off.
    """
    named = {name.lower(): text for name, text in headers.items()}
    is_forwarded = any(name in _FORWARDING or name.startswith("x-forwarded-") for name in named)
    if is_headless or is_forwarded or base_path.strip("/"):
        return False
    origin = named.get("origin")
    if origin is not None and not is_loopback(_host(origin.partition("://")[2])):
        return False
    return is_loopback(address) and is_loopback(_host(named.get("host", "")))


def is_loopback(name: str) -> bool:
    """Whether a name or address is this machine's to itself: `localhost`, `127.0.0.1`, `::1`."""
    if name.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _host(header: str) -> str:
    """Of a `Host` header, or what follows the scheme of an `Origin`, without its port (RFC 9110, section 7.2;
    RFC 6454, section 7); empty where it is none."""
    if header.startswith("["):
        address, closed, _ = header[1:].partition("]")
        return address if closed else ""
    return header.partition(":")[0]
