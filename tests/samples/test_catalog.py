"""The gallery: what it promises about each sample, without torch."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest

from onnxviz.errors import BadUsage
from onnxviz.samples import catalog
from onnxviz.samples.catalog import SAMPLES, START, find, wheel_models

STANDARD = {"__future__", "itertools", "math"}


def test_the_start_model_comes_first():
    assert next(iter(SAMPLES)) == "first"
    assert START.is_file()
    assert START.stat().st_size < 100_000


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
def test_a_sample_says_what_it_teaches_and_its_file_defines_its_builders(sample):
    assert sample.title
    assert sample.teaches.endswith(".")
    tree = ast.parse(sample.source_path.read_text(encoding="utf-8"))
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert {builder for _, builder in sample.builders} <= defined
    assert sample.default_exporter in sample.exporters
    assert set(sample.exporters) == set(catalog.BOTH) or sample.excuse


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
def test_a_sample_file_imports_torch_alone_so_that_it_can_be_copied(sample):
    tree = ast.parse(sample.source_path.read_text(encoding="utf-8"))
    modules = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    modules |= {node.module or "." for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {module.partition(".")[0] for module in modules} <= {"torch"} | STANDARD


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
def test_the_defaults_of_a_sample_are_within_its_own_limits(sample):
    for setting in sample.settings:
        assert setting.minimum <= setting.default <= setting.maximum
        assert setting.default % setting.step == 0
        assert not setting.choices or setting.default in setting.choices
    names = set(sample.defaults())
    assert set(sample.build_with) <= names
    for spec in sample.inputs:
        assert all(size > 0 for size in spec.sizes(sample.defaults()))
    symbols = {
        axis.rpartition("*")[2] for spec in sample.outputs for axis in spec.axes if isinstance(axis, str)
    }
    assert symbols <= names


def test_an_unknown_sample_is_answered_with_the_nearest_ids():
    with pytest.raises(BadUsage, match="Did you mean resnet"):
        find("resnet81")
    with pytest.raises(BadUsage, match="There are: first, affine"):
        find("\x1b[31mzzz\n")


def test_every_light_model_of_the_onnx_wheel_is_listed():
    models = wheel_models()
    assert len({model.id for model in models}) == 9
    assert {model.path for model in models} == set(models[0].path.parent.glob("light_*.onnx"))


def test_no_wheel_models_are_listed_where_the_package_lacks_them(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert wheel_models() == ()


def test_listing_checking_and_writing_a_script_load_neither_torch_nor_onnx():
    code = (
        "import sys; from onnxviz.samples import catalog, export, options, script, words;"
        "catalog.wheel_models(); script.script('vit', options.ExportOptions());"
        "print([m for m in ('torch', 'onnx', 'onnxscript', 'onnxruntime') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
