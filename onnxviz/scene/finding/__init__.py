"""Search over everything that boxes are known by, and parts of a graph to look at alone."""
