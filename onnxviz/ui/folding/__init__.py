"""The parts of the page Fold: a folding to watch, to predict, and beside what others fold."""
