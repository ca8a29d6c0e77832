"""Why each foldable-looking node stayed: what is in its way, and the setting that would free it."""
