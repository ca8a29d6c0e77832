"""Figures in pieces are those that numpy gives for the whole."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as stn

from onnxviz.inspecting.statistics import MOST_BINS, MOST_DISTINCT, Distinct, Moments, edges_of, histogram

PIECES = st.integers(1, 7)


def moments_of(values: np.ndarray, pieces: int) -> Moments:
    found = Moments()
    for piece in np.array_split(values, pieces):
        found.add(piece)
    return found


@given(stn.arrays(np.float32, st.integers(1, 60)), PIECES)
def test_moments_in_pieces_are_those_of_the_whole(values: np.ndarray, pieces: int) -> None:
    found = moments_of(values, pieces)
    finite = values[np.isfinite(values)].astype(np.float64)
    assert found.finite == finite.size
    assert found.nans == np.isnan(values).sum()
    assert found.infinities == np.isinf(values).sum()
    assert found.zeros == (values == 0).sum()
    if finite.size:
        assert (found.low, found.high) == (finite.min(), finite.max())
        largest = np.abs(finite).max()
        assert found.mean == pytest.approx(finite.mean(), rel=1e-9, abs=1e-12 * largest)
        assert found.std == pytest.approx(finite.std(), rel=1e-9, abs=1e-7 * largest)
    else:
        assert (found.low, math.isnan(found.std)) == (None, True)


def test_the_spread_is_exact_where_the_mean_is_far_larger() -> None:
    values = 1e9 + np.random.default_rng(0).standard_normal(10_000)
    assert moments_of(values, 7).std == pytest.approx(values.std(), rel=1e-7)


@given(stn.arrays(np.int64, st.integers(1, 40)), PIECES)
def test_the_range_of_integers_is_exact(values: np.ndarray, pieces: int) -> None:
    found = moments_of(values, pieces)
    assert (found.low, found.high) == (int(values.min()), int(values.max()))
    assert isinstance(found.low, int)


@given(
    st.one_of(
        stn.arrays(np.float64, st.integers(1, 80)),
        stn.arrays(np.float32, st.integers(1, 80)),
        stn.arrays(np.int8, st.integers(1, 80)),
        stn.arrays(np.int64, st.integers(1, 80)),
        stn.arrays(np.uint64, st.integers(1, 80)),
        stn.arrays(np.bool_, st.integers(1, 80)),
        stn.arrays(np.complex64, st.integers(1, 20)),
    ),
    PIECES,
)
def test_a_histogram_counts_every_finite_value_once(values: np.ndarray, pieces: int) -> None:
    moments = moments_of(values, pieces)
    found = histogram(np.array_split(values, pieces), moments, 0, whole=values.dtype.kind in "iub")
    if moments.finite == 0:
        assert found is None
        return
    assert found is not None
    assert sum(found.counts) == moments.finite
    assert len(found.edges) == len(found.counts) + 1
    assert len(found.counts) <= MOST_BINS
    assert list(found.edges) == sorted(found.edges)
    assert all(map(math.isfinite, found.edges))


@given(stn.arrays(np.float32, st.integers(2, 200), elements=st.floats(-100, 100, width=32)))
def test_a_histogram_is_that_of_numpy(values: np.ndarray) -> None:
    moments = moments_of(values, 3)
    found = histogram([values], moments, 0, whole=False)
    assert found is not None
    if len(set(found.edges)) < len(found.edges):
        return
    wanted, _ = np.histogram(values.astype(np.float64), bins=np.asarray(found.edges))
    assert found.counts == tuple(wanted.tolist())


@pytest.mark.parametrize(
    "values",
    [
        np.float64([-1.7e308, 1.7e308]),
        np.float64([0, 5e-324]),
        np.float64([1, np.nextafter(1, 2)]),
        np.int64([-(2**63), 2**63 - 1]),
        np.int64([2**62, 2**62 + 1]),
        np.float32([0, 0]),
        np.float32([np.nan, 1, np.inf]),
    ],
    ids=["whole range", "smallest", "neighbours", "all integers", "large", "equal", "one finite"],
)
def test_a_histogram_bears_the_ends_of_every_range(values: np.ndarray) -> None:
    moments = moments_of(values, 1)
    found = histogram([values], moments, 0, whole=values.dtype.kind == "i")
    assert found is not None
    assert sum(found.counts) == moments.finite
    assert all(map(math.isfinite, found.edges))


def test_few_whole_numbers_have_a_bin_each() -> None:
    assert edges_of(-1, 2, 100, whole=True) == (-1.5, -0.5, 0.5, 1.5, 2.5)
    assert len(edges_of(0, 39, 100, whole=True)) == 41
    assert len(edges_of(0, 40, 10_000, whole=True)) == 41
    assert edges_of(3, 3, 1, whole=True) == (2.5, 3.5)
    assert len(edges_of(0.0, 1.0, 9, whole=False)) == 4


def test_zeros_that_nobody_stored_count_like_others() -> None:
    moments = moments_of(np.float32([2, 4]), 1)
    moments.add_zeros(6)
    dense = np.float32([2, 4, 0, 0, 0, 0, 0, 0])
    assert (moments.finite, moments.zeros, moments.low) == (8, 6, 0)
    assert moments.mean == pytest.approx(dense.mean())
    assert moments.std == pytest.approx(dense.std())
    found = histogram([np.float32([2, 4])], moments, 6, whole=False)
    assert found is not None
    assert sum(found.counts) == 8
    assert found.counts[0] == 6


@given(
    stn.arrays(np.int16, st.integers(0, 50)) | stn.arrays(np.float32, st.integers(0, 50)),
    PIECES,
)
def test_different_values_are_counted_across_pieces(values: np.ndarray, pieces: int) -> None:
    found = Distinct()
    for piece in np.array_split(values, pieces):
        found.add(piece)
    assert found.count == len(np.unique(values))


def test_many_different_values_are_not_counted() -> None:
    found = Distinct()
    found.add(np.arange(MOST_DISTINCT))
    assert found.count == MOST_DISTINCT
    found.add(np.arange(MOST_DISTINCT + 1))
    assert found.count is None
    found.add(np.arange(3))
    assert found.count is None
