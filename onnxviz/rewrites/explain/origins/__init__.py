"""Where each tensor's value comes from: what is known before any run, and what is not, because of what."""

from __future__ import annotations

from onnxviz.rewrites.explain.origins.analysis import STANDARD, Origins, Tensor, origins
from onnxviz.rewrites.explain.origins.causes import Cause, From

__all__ = ["STANDARD", "Cause", "From", "Origins", "Tensor", "origins"]
