"""Every model at hand goes through read, simplify and draw: it works, or one sentence says why not."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest

from onnxviz.errors import JobFailed, OnnxvizError
from onnxviz.jobs import Job, Workers
from onnxviz.model import Model
from onnxviz.reading import read_model
from onnxviz.rewrites.simplify import SimplifyOptions, simplify_file
from onnxviz.rewrites.types import Rewrite
from onnxviz.samples.catalog import SAMPLES
from onnxviz.samples.export import Exported, export
from onnxviz.samples.options import ExportOptions
from onnxviz.ui.takeaway import render
from tests.conftest import wheel_data

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


def test_every_model_of_the_onnx_package_is_simplified_or_refused_in_one_sentence(
    workers: Workers, tmp_path: Path
) -> None:
    paths = [path for path in sorted(wheel_data().rglob("*.onnx")) if path.parent.name != "light"]
    assert len(paths) >= 100
    out = tmp_path / "out.onnx"
    jobs = [
        (path, simplified(workers, path, out.with_stem(str(number)), checks=1))
        for number, path in enumerate(paths)
    ]
    refused: dict[str, OnnxvizError] = {}
    for path, job in jobs:
        name = path.relative_to(wheel_data()).as_posix()
        try:
            rewrite = job.result(240)
        except OnnxvizError as error:
            refused[name] = error
            continue
        assert rewrite.before.graph.node_count() > 0
        agreement = rewrite.agreement
        assert agreement is not None
        assert agreement.agrees or agreement.error, f"{name}: {agreement.sentence}"
    # None is refused today; one that is must say so as a refusal, not as a worker that died.
    assert [name for name, error in refused.items() if isinstance(error, JobFailed)] == []
    assert {name: str(error) for name, error in refused.items()} == {}


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
