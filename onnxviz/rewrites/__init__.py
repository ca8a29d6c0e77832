"""Rewrites of a model: `optimizers` side by side, `watch` one pass at a time, `verify` the function, `blame`
the pass that broke it. What they share is in `types`."""
