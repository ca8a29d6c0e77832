"""Whether the app takes the person in front of it for the one at its machine."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from onnxviz.errors import BadUsage
from onnxviz.ui import local

HERE: dict[str, Any] = {
    "address": "localhost",
    "base_path": "",
    "is_headless": False,
    "headers": {"Host": "localhost:8501"},
}


def test_what_is_started_for_this_machine_alone_is_local() -> None:
    assert local.looks_local(**HERE)


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("127.0.0.1", "127.0.0.1:8501"),
        ("::1", "[::1]:8501"),
        ("localhost", "LOCALHOST"),
        ("127.1.2.3", "[::1]"),
    ],
)
def test_every_way_to_write_the_machine_itself_is_known(address: str, host: str) -> None:
    assert local.looks_local(**HERE | {"address": address, "headers": {"host": host}})
    asked = {"host": host, "origin": f"http://{host}"}
    assert local.looks_local(**HERE | {"address": address, "headers": asked})


@pytest.mark.parametrize(
    "other",
    [
        {"address": ""},
        {"address": "0.0.0.0"},
        {"address": "::"},
        {"address": "192.168.1.7"},
        {"address": "unix:///run/onnxviz.sock"},
        {"base_path": "onnxviz"},
        {"base_path": "/tools/onnxviz/"},
        {"is_headless": True},
        {"headers": {}},
        {"headers": {"Host": "models.example.org"}},
        {"headers": {"Host": "localhost.example.org:8501"}},
        {"headers": {"Host": "[::1"}},
        {"headers": {"Host": "192.168.1.7:8501"}},
        {"headers": {"Host": "localhost:8501", "X-Forwarded-For": "192.0.2.7"}},
        {"headers": {"Host": "localhost:8501", "x-forwarded-proto": "https"}},
        {"headers": {"Host": "localhost:8501", "Forwarded": "for=192.0.2.7"}},
        {"headers": {"Host": "localhost:8501", "X-Real-IP": "192.0.2.7"}},
        {"headers": {"Host": "localhost:8501", "Via": "1.1 proxy"}},
        {"headers": {"Host": "127.0.0.1:8501", "Origin": "https://models.example.org"}},
        {"headers": {"Host": "localhost:8501", "Origin": "http://localhost.example.org:8501"}},
        {"headers": {"Host": "localhost:8501", "Origin": "null"}},
    ],
    ids=str,
)
def test_a_single_sign_of_other_people_is_enough(other: dict[str, Any]) -> None:
    assert not local.looks_local(**HERE | other)


def test_the_setting_decides_where_it_is_on_or_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONNXVIZ_LOCAL", "on")
    assert local.is_local()
    monkeypatch.setenv("ONNXVIZ_LOCAL", "off")
    assert not local.is_local()
    monkeypatch.setenv("ONNXVIZ_LOCAL", "maybe")
    with pytest.raises(BadUsage, match="ONNXVIZ_LOCAL"):
        local.is_local()


def test_without_a_request_nobody_is_local(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ONNXVIZ_LOCAL", raising=False)
    assert not local.is_local()


@pytest.mark.parametrize(
    ("options", "host", "is_own"),
    [
        ({"server.address": "localhost"}, "localhost:8501", True),
        ({"server.address": "localhost"}, "evil.example.org:8501", False),
        ({"server.address": "localhost"}, None, True),
        ({"server.address": "0.0.0.0"}, "box.example.org", True),
        ({"server.address": "localhost", "server.headless": True}, "models.example.org", True),
        ({"server.address": "localhost", "server.allowedHosts": ["x.org"]}, "x.org", True),
    ],
)
def test_a_foreign_name_for_a_server_of_this_machine_is_seen(
    options: dict[str, Any], host: str | None, is_own: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = {"Host": host} if host else {}
    monkeypatch.setattr("onnxviz.ui.local.st.get_option", options.get)
    monkeypatch.setattr("onnxviz.ui.local.st.context", SimpleNamespace(headers=headers))
    assert local.is_called_by_own_name() is is_own
