"""The nine real models of the `onnx` wheel and every sample go through read, simplify and draw.

The small models of the wheel go through all verbs in `tests/sweep`.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest

from onnxviz.jobs import Job, Workers
from onnxviz.model import Model
from onnxviz.reading import read_model
from onnxviz.rewrites.simplify import SimplifyOptions, simplify_file
from onnxviz.rewrites.types import Rewrite
from onnxviz.samples.catalog import SAMPLES
from onnxviz.samples.export import Exported, export
from onnxviz.samples.options import ExportOptions
from onnxviz.ui.takeaway import render

SMALL_SETTINGS = {"image_size": 64, "width": 32, "depth": 2}
"""Sizes that keep an export quick; structure at full depth is measured in the benchmarks."""

EXPECTED = {"light_resnet50": (415, 123), "light_densenet121": (1746, 550)}
"""Nodes before, and at most after, as the issue asks."""


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    made = Workers()
    yield made
    made.close()


def simplified(workers: Workers, path: Path, out: Path, checks: int = 0) -> Job[Rewrite]:
    options = SimplifyOptions(checks=checks)
    return workers.submit("rewrite", f"Simplifying {path.stem}", simplify_file, path, out, options)


def test_the_nine_light_models_are_read_simplified_and_drawn(
    workers: Workers, light_models: list[Path], tmp_path: Path
) -> None:
    jobs = {path: simplified(workers, path, tmp_path / path.name) for path in light_models}
    for path, job in jobs.items():
        read: Model = workers.submit("look", "Reading", read_model, path).result(120)
        rewrite = job.result(240)
        before, after = rewrite.before.graph.node_count(), rewrite.after.graph.node_count()
        assert before == read.graph.node_count()
        assert after < before
        if path.stem in EXPECTED:
            assert before == EXPECTED[path.stem][0]
            assert after <= EXPECTED[path.stem][1]
        for source in (path, tmp_path / path.name):
            out = tmp_path / f"{source.parent.name}-{path.stem}.svg"
            drawn = workers.submit("look", "Drawing", render, str(source), str(out)).result(120)
            assert drawn["boxes"]
            ET.parse(out)
        (tmp_path / path.name).unlink()


@pytest.mark.parametrize("sample_id", SAMPLES)
def test_every_sample_is_exported_simplified_and_drawn(
    sample_id: str, workers: Workers, tmp_path: Path
) -> None:
    known = SAMPLES[sample_id].defaults()
    settings = {name: value for name, value in SMALL_SETTINGS.items() if name in known}
    for setting in SAMPLES[sample_id].settings:
        if setting.name in settings:
            settings[setting.name] = max(settings[setting.name], setting.minimum)
    path, out = tmp_path / "sample.onnx", tmp_path / "out.onnx"
    options = ExportOptions(settings=settings)
    exported: Exported = workers.submit("torch", "Exporting", export, sample_id, path, options).result(240)
    assert exported.nbytes == path.stat().st_size
    rewrite = simplified(workers, path, out, checks=1).result(240)
    assert rewrite.after.graph.node_count() <= rewrite.before.graph.node_count()
    assert rewrite.agreement is not None
    assert rewrite.agreement.agrees, rewrite.agreement.sentence
    for source in (path, out):
        drawn = workers.submit("look", "Drawing", render, str(source), str(source.with_suffix(".svg")))
        assert drawn.result(120)["boxes"]
