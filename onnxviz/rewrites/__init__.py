"""Rewrites of a model: simplification now; what they share is in `types`."""
