"""The option that is set on the sockets that the server listens on."""

from __future__ import annotations

import socket
import sys

import pytest

from onnxviz.ui import server


@pytest.mark.skipif(sys.platform != "linux", reason="only there accepted sockets take the option over")
def test_a_connection_to_a_listening_socket_is_not_delayed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        assert not listening.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        server.undelayed.clear()
        assert server.undelayed() >= 1
        with socket.create_connection(listening.getsockname()):
            accepted, _ = listening.accept()
            with accepted:
                assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    server.undelayed.clear()
