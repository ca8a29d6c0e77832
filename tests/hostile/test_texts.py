"""Markup in every text of the format comes out as text, wherever the command line writes it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import onnx
import pytest

from onnxviz import jobs
from onnxviz.cli import main
from tests.hostile import models
from tests.hostile.outlets import OUTLETS, Outlet

HARMLESS = "name"


@pytest.fixture(autouse=True)
def no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run verbs in this process: what they write is the same, and some 300 of them are then quick."""

    def run(kind: str, label: str, verb: Callable[..., Any], *args: Any, **options: Any) -> Any:
        known = {
            name: value for name, value in options.items() if name not in ("key", "limits", "still_good")
        }
        return verb(*args, **known)

    monkeypatch.setattr(jobs, "run", run)


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Path, Path]]:
    """A text -> the files of a model that is full of it, and of the same model without its first node."""
    folder = tmp_path_factory.mktemp("hostile")

    @cache
    def written(text: str) -> tuple[Path, Path]:
        paths = tuple(folder / f"{len(list(folder.iterdir()))}{name}" for name in ("a.onnx", "b.onnx"))
        model = models.everything(text)
        paths[0].write_bytes(model.SerializeToString())
        del model.graph.node[0]
        paths[1].write_bytes(model.SerializeToString())
        return paths[0], paths[1]

    return written


@cache
def _harmless(folder: Path, outlet: str) -> list[object]:
    return []


@pytest.mark.parametrize("kind", models.PAYLOADS)
def test_the_model_holds_the_payload_in_every_text_that_the_format_has(kind: str) -> None:
    harmless = dict.fromkeys(name for name, _ in models.texts(models.everything(HARMLESS)))
    assert set(harmless) == models.text_fields()
    model = models.everything(models.PAYLOADS[kind])
    payload = models.PAYLOADS[kind].encode("utf-8", "replace").decode()
    assert all(text.startswith(payload) for _, text in models.texts(model))
    assert onnx.ModelProto.FromString(model.SerializeToString()) == model


@pytest.mark.parametrize("name", OUTLETS)
@pytest.mark.parametrize("kind", models.PAYLOADS)
def test_a_text_is_no_more_than_text(
    kind: str,
    name: str,
    pairs: Callable[[str], tuple[Path, Path]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    outlet = OUTLETS[name]
    expected = outlet.structure(_written(outlet, pairs(HARMLESS), tmp_path, capsys))
    found = outlet.structure(_written(outlet, pairs(models.PAYLOADS[kind]), tmp_path, capsys))
    assert found == expected


def _written(
    outlet: Outlet, pair: tuple[Path, Path], folder: Path, capsys: pytest.CaptureFixture[str]
) -> str:
    out = folder / "out"
    before, after = pair
    words = [word.format(a=before, b=after, out=out) for word in outlet.words]
    assert main(words) == 0
    printed = capsys.readouterr().out
    file = next((Path(word) for word in words if word.startswith(str(out))), None)
    return printed if file is None else file.read_text(encoding="utf-8")
