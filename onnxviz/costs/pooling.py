"""Reductions, pooling, resampling and transforms of signals."""

from __future__ import annotations

import math

from onnxviz.costs.call import Call
from onnxviz.costs.rules import Count, Rule, each
from onnxviz.costs.types import Unknown

_BENCH_FFT = "https://www.fftw.org/speed/"
_LAPACK = "https://www.netlib.org/lapack/lawnspdf/lawn41.pdf"


def reduced(inputs: int, outputs: int) -> Count:
    """`inputs` operations for each element of the input and `outputs` for each of the output."""

    def count(call: Call) -> int:
        return max(0, inputs * call.count(0) + outputs * call.out())

    return count


def global_pool(inputs: int, channels: int, slot: int = 0) -> Count:
    """As `reduced`, for a whole image per channel: X is (N, C, …)."""

    def count(call: Call) -> int:
        return max(0, inputs * call.count(slot) + channels * math.prod(call.shape(slot)[:2]))

    return count


def pool(factor: int, less: int = 0) -> Count:
    """`factor` · k - `less` operations for each output, over a window of k; padding counts as data."""

    def count(call: Call) -> int:
        window = call.wholes("kernel_shape")
        if window is None:
            raise Unknown("attribute kernel_shape is missing")
        return call.out() * (factor * math.prod(window) - less)

    return count


def _top_k(call: Call) -> int:
    kept = call.axis(call.out_shape(), call.whole("axis", -1))
    return call.count(0) * max(1, math.ceil(math.log2(kept))) if kept else 0


def _taps(mode: str, axes: int) -> int:
    """Neighbours that one interpolated value is a weighted sum of."""
    if mode == "nearest":
        return 0
    if mode in ("linear", "bilinear"):
        return int(2**axes)
    if mode in ("cubic", "bicubic"):
        return int(4**axes)
    raise Unknown("its mode of interpolation is not known")


def _resize(call: Call) -> int:
    mode = call.word("mode", "nearest")
    if mode == "nearest":
        return 0
    if call.whole("antialias", 0):
        raise Unknown("with antialias the window depends on the scale")
    before, after = call.shape(0), call.out_shape()
    if len(before) != len(after):
        raise Unknown("X and Y differ in rank")
    changed = sum(a != b for a, b in zip(before, after, strict=True))
    return 2 * call.out() * _taps(mode, changed) if changed else 0


def _grid_sample(call: Call) -> int:
    mode = call.word("mode", "linear")
    return 0 if mode == "nearest" else 2 * call.out() * _taps(mode, max(0, len(call.shape(0)) - 2))


def _affine_grid(call: Call) -> int:
    return call.out() * 2 * call.axis(call.out_shape(), -1)


def _roi_align(call: Call) -> int:
    points = call.whole("sampling_ratio", 0)
    if points < 1:
        raise Unknown("sampling_ratio is 0: the number of points depends on each region")
    return call.out() * 9 * points**2


def _fft(length: int, is_complex: bool) -> int:
    """benchFFT's count for one transform; half of it for real data."""
    return round((5.0 if is_complex else 2.5) * length * math.log2(length)) if length > 1 else 0


def _dft(call: Call) -> int:
    shape = call.shape(0)
    if len(shape) < 2:
        raise Unknown("its input has no axis of real and imaginary parts")
    if call.has(2) and call.constant(2) is None:
        raise Unknown("its axis is computed")
    axis = (call.constant(2) or (call.whole("axis", -2),))[0]
    signal = call.axis(shape, axis)
    if call.has(1) and call.constant(1) is None:
        raise Unknown("its length is computed")
    length = (call.constant(1) or (signal,))[0]
    return math.prod(shape[:-1]) // max(1, signal) * _fft(length, shape[-1] == 2)


def _stft(call: Call) -> int:
    signal, out = call.shape(0), call.out_shape()
    if call.has(3) and call.constant(3) is None:
        raise Unknown("its frame length is computed")
    default = call.shape(2)[:1] if call.has(2) else signal[1:2]
    length = (call.constant(3) or default or (0,))[0]
    is_complex = len(signal) == 3 and signal[2] == 2
    return math.prod(out[:2]) * (_fft(length, is_complex) + (length if call.has(2) else 0))


def _det(call: Call) -> int:
    shape = call.shape(0)
    return math.prod(shape[:-2]) * 2 * call.axis(shape, -1) ** 3 // 3


AVERAGE = Rule(pool(1), "elements(Y) · k: k - 1 additions and a division, k = kH · kW")
MAXIMUM = Rule(pool(1, 1), "elements(Y) · (k - 1) comparisons, k = kH · kW")
GLOBAL_AVERAGE = Rule(global_pool(1, 0), "elements(X): additions, and a division per channel")
GLOBAL_MAXIMUM = Rule(global_pool(1, -1), "elements(X) - N · C comparisons")
REDUCE_MEAN = Rule(reduced(1, 0), "elements(X): additions, and a division per output")
_RESAMPLED = "2 · elements(Y) · taps, with 2^r taps for linear, 4^r for cubic, 0 for nearest, r axes"

RULES: dict[str, Rule] = {
    **each(
        "ReduceSum ReduceMax ReduceMin ReduceProd ArgMax ArgMin",
        Rule(reduced(1, -1), "elements(X) - elements(Y)"),
    ),
    "ReduceMean": REDUCE_MEAN,
    "ReduceL1": Rule(reduced(2, -1), "2 · elements(X) - elements(Y): absolute value and sum"),
    "ReduceSumSquare": Rule(reduced(2, -1), "2 · elements(X) - elements(Y): square and sum"),
    "ReduceL2": Rule(reduced(2, 0), "2 · elements(X): square and sum, and a root per output"),
    "ReduceLogSum": Rule(reduced(1, 0), "elements(X): sum, and a logarithm per output"),
    "ReduceLogSumExp": Rule(reduced(2, 0), "2 · elements(X): exponential and sum, a logarithm per output"),
    "AveragePool": AVERAGE,
    "MaxPool": MAXIMUM,
    "LpPool": Rule(pool(2), "elements(Y) · 2k: k powers, k - 1 additions and a root, k = kH · kW"),
    "GlobalAveragePool": GLOBAL_AVERAGE,
    "GlobalMaxPool": GLOBAL_MAXIMUM,
    "GlobalLpPool": Rule(global_pool(2, 0), "2 · elements(X): power and sum, and a root per channel"),
    "TopK": Rule(
        _top_k,
        "elements(X) · ⌈log₂ k⌉ comparisons: a heap of the k best",
        "https://docs.python.org/3/library/heapq.html",
    ),
    **each("Resize Upsample", Rule(_resize, _RESAMPLED + " of another size")),
    "GridSample": Rule(_grid_sample, _RESAMPLED, "https://arxiv.org/abs/1506.02025"),
    "AffineGrid": Rule(_affine_grid, "elements(Y) · 2n: each coordinate is a sum of n products and a shift"),
    "RoiAlign": Rule(
        _roi_align,
        "elements(Y) · s² · 9: four neighbours for each of s² points, and their mean",
        "https://arxiv.org/abs/1703.06870",
    ),
    "DFT": Rule(_dft, "5 · n · log₂ n per transform of length n, half for real input", _BENCH_FFT),
    "STFT": Rule(_stft, "frames · (5 · n · log₂ n, half for real input, + n with a window)", _BENCH_FFT),
    "Det": Rule(_det, "⅔ · n³ per matrix: LU factorization", _LAPACK),
}
