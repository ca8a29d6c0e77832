"""What is known of the optimizers before any is run."""

from __future__ import annotations

from importlib import metadata

from onnxviz.rewrites.optimizers import OptimizeOptions, find, names
from onnxviz.rewrites.simplify import SimplifyOptions
from onnxviz.ui.optimizing import choosing, runs


def test_every_optimizer_of_the_registry_is_found_installed() -> None:
    assert all(choosing.is_installed(find(name).library) for name in names())
    assert not choosing.is_installed("no-such-library")


def test_a_version_is_that_of_the_distribution_and_empty_where_there_is_none() -> None:
    assert choosing.version_of("onnxsim") == metadata.version("onnxsim")
    assert choosing.version_of("no-such-library") == ""


def test_onnxsims_own_options_make_no_other_run_of_the_others() -> None:
    options = OptimizeOptions({"batch": 1}, simplify=SimplifyOptions(skip_optimization=True))
    assert runs.options_for("onnxsim", options) == options
    assert runs.options_for("ort-all", options) == OptimizeOptions({"batch": 1})
