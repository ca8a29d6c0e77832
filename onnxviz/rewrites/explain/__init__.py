"""Why each node went, and why each foldable-looking one stayed: checked reasons, with their evidence.

Run it in a worker of kind "rewrite": it runs both models. The types are those of `rewrites.reasons`.
"""
