"""`settings`: what environment variables set here."""

from __future__ import annotations

import argparse

from onnxviz import settings
from onnxviz.commands.common import Answer
from onnxviz.settings import Setting, Whole


def show(_: argparse.Namespace) -> Answer:
    """Each setting: its name, the value in force, the default and what it means. Raises `BadUsage`."""
    rows = [
        {
            "name": setting.name,
            "value": setting.value(),
            "default": settings.default_text(setting),
            "meaning": setting.meaning,
        }
        for setting in settings.SETTINGS
    ]
    lines = [f"{each.name:26} {_in_force(each)}\n    {each.meaning}" for each in settings.SETTINGS]
    return Answer(rows, "\n".join(lines))


def _in_force(setting: Setting) -> str:
    default = settings.default_text(setting)
    text = setting.told(setting.value()) if isinstance(setting, Whole) else setting.value() or default
    return text if text == default else f"{text} (default: {default})"
