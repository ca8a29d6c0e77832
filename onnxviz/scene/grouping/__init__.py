"""Which boxes belong together, which groups are open, and which group a box is in."""
