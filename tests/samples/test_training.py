"""Tests of onnxviz.samples.training."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from onnxviz.samples import training


def test_a_training_learns_and_gives_the_same_numbers_each_time(tmp_path: Path) -> None:
    folders = [tmp_path / "a", tmp_path / "b"]
    found = []
    for folder in folders:
        folder.mkdir()
        found.append(training.train(folder))
    assert found[0].losses == found[1].losses
    assert found[0].losses[-1] < 0.1 * found[0].losses[0]
    points, moon = training.unseen_points(50)
    scores = [training.answers(folder, points) for folder in folders]
    assert np.array_equal(scores[0], scores[1])
    assert (scores[0].argmax(axis=1) == moon).mean() > 0.9


def test_a_training_leaves_random_numbers_and_threads_as_they_were(tmp_path: Path) -> None:
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    training.train(tmp_path)
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.get_rng_state(), state)


def test_points_to_check_with_are_not_those_of_the_training() -> None:
    from onnxviz.samples.zoo import moons

    torch.manual_seed(training.SEED)
    seen, _ = moons.half_moons(50)
    unseen, _ = training.unseen_points(50)
    assert not np.isin(unseen, seen.numpy()).any()
