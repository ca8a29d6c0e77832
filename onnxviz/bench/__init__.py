"""Benchmarks that say how fast a model is, on which execution provider, and whether a difference is real.

`runner.run(plan)` is the one verb; it belongs in a worker process. `export.to_json` writes its result.
"""
