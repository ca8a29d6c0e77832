"""Settings: read from the environment, refused where they cannot be read, and all in the README."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from onnxviz import settings
from onnxviz.cli import main
from onnxviz.errors import BadUsage
from onnxviz.settings import SETTINGS, Choice, Setting, Whole, default_text

ROOT = Path(__file__).parents[1]
_ROW = re.compile(r"^\| `(ONNXVIZ_[A-Z_]+)` \| (.*?) \| (.*?) \|$", re.MULTILINE)


def readme_row(setting: Setting) -> str:
    """The setting as a row of the README's table."""
    return f"| `{setting.name}` | {default_text(setting)} | {setting.meaning} |"


def test_the_readme_has_every_setting_as_it_is_and_no_other() -> None:
    rows = [match[0] for match in _ROW.finditer((ROOT / "README.md").read_text())]
    wanted = [readme_row(setting) for setting in SETTINGS]
    missing = [row for row in wanted if row not in rows]
    assert not missing, "the README's table of settings lacks:\n" + "\n".join(missing)
    beside = [row for row in rows if row not in wanted]
    assert not beside, "the README's table of settings has what is no setting:\n" + "\n".join(beside)
    assert rows == wanted, "the order is another"


def test_no_setting_is_read_past_the_table() -> None:
    known = {setting.name for setting in SETTINGS}
    found = {
        name
        for path in (ROOT / "onnxviz").rglob("*.py")
        for name in re.findall(r"\bONNXVIZ_[A-Z_]*[A-Z]", path.read_text())
    }
    # WORKERS_{KIND} is spelled with its kind in the table alone.
    assert found - {"ONNXVIZ_WORKERS"} <= known


@pytest.mark.parametrize(
    "setting", [one for one in SETTINGS if isinstance(one, Whole)], ids=lambda one: one.name
)
def test_a_number_is_read_with_its_bounds(setting: Whole, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(setting.name, raising=False)
    assert setting.value() == setting.default
    monkeypatch.setenv(setting.name, f" {setting.least + 7} ")
    assert setting.value() == setting.least + 7
    for text in (str(setting.least - 1), "-1", "many", "1.5", "1e3", "٣"):
        monkeypatch.setenv(setting.name, text)
        with pytest.raises(BadUsage, match=setting.name) as refused:
            setting.value()
        assert setting.unit in str(refused.value)


@pytest.mark.parametrize(
    "setting", [one for one in SETTINGS if isinstance(one, Choice)], ids=lambda one: one.name
)
def test_a_choice_is_one_of_its_words(setting: Choice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(setting.name, raising=False)
    assert setting.value() == setting.choices[0]
    monkeypatch.setenv(setting.name, f" {setting.choices[-1].upper()} ")
    assert setting.value() == setting.choices[-1]
    monkeypatch.setenv(setting.name, "perhaps")
    with pytest.raises(BadUsage, match=", ".join(setting.choices)):
        setting.value()


def test_the_check_at_the_start_finds_any_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    settings.check()
    monkeypatch.setenv(SETTINGS[-2].name, "perhaps")
    with pytest.raises(BadUsage, match=SETTINGS[-2].name):
        settings.check()


def test_the_verb_lists_every_setting_with_what_is_in_force(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ONNXVIZ_MAX_NODES", "1234")
    assert main(["settings", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert list(rows) == [setting.name for setting in SETTINGS]
    assert rows["ONNXVIZ_MAX_NODES"]["value"] == 1234
    assert rows["ONNXVIZ_MAX_NODES"]["default"] == "200,000 nodes"
    assert main(["settings"]) == 0
    text = capsys.readouterr().out
    assert "1,234 nodes (default: 200,000 nodes)" in text
    assert all(setting.meaning in text for setting in SETTINGS)


def test_the_verb_refuses_what_cannot_be_read_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ONNXVIZ_LOCAL", "perhaps")
    assert main(["settings"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line == "ONNXVIZ_LOCAL: 'perhaps' is no choice. Set it to one of auto, on, off."
