"""Real models: written in other words they do not differ, and one edit is told as just that edit."""

from __future__ import annotations

import random
from pathlib import Path

import onnx
import pytest
from onnx import ModelProto

from onnxviz.diff import Digests, apply, diff_descriptions
from onnxviz.diff.digests import constant_digests
from onnxviz.model import Model
from onnxviz.reading import read_model
from tests.conftest import wheel_data
from tests.diff.body_edits import in_body
from tests.diff.edits import EDITS, told
from tests.diff.renaming import rewritten

LIGHT = sorted(path.stem for path in (wheel_data() / "light").glob("*.onnx"))
SMALL = ("light_squeezenet", "light_shufflenet", "light_inception_v1")

Read = tuple[Model, Digests]


def read(model: ModelProto, path: Path) -> Read:
    onnx.save(model, path)
    return read_model(path, digest="-"), constant_digests(path)


@pytest.fixture(scope="module")
def light() -> dict[str, ModelProto]:
    return {name: onnx.load(wheel_data() / "light" / f"{name}.onnx") for name in LIGHT}


@pytest.mark.parametrize("name", LIGHT)
def test_a_real_model_in_other_words_does_not_differ(
    name: str, light: dict[str, ModelProto], tmp_path: Path
) -> None:
    before, known = read(light[name], tmp_path / "before.onnx")
    after, others = read(rewritten(light[name], seed=len(name))[0], tmp_path / "after.onnx")
    found = diff_descriptions(before, after, (known, others))
    assert found.empty
    assert len(found.pairs()) == before.graph.node_count()
    assert apply(before.graph, found) == after.graph


@pytest.mark.parametrize("edit", [*EDITS, in_body], ids=lambda edit: str(edit.__name__))
@pytest.mark.parametrize("name", SMALL)
def test_an_edit_is_told_as_what_it_is(
    name: str, edit: object, light: dict[str, ModelProto], tmp_path: Path
) -> None:
    assert callable(edit)
    for seed in range(3):
        made = next(filter(None, (edit(light[name], random.Random(f"{seed} {turn}")) for turn in range(50))))
        before, known = read(made.before or light[name], tmp_path / "before.onnx")
        after, others = read(made.model, tmp_path / "after.onnx")
        found = diff_descriptions(before, after, (known, others))
        assert told(found) == made.facts
        assert apply(before.graph, found) == after.graph
