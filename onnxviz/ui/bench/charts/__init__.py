"""Charts of a benchmark, from its raw samples. Time has a linear axis, never a logarithm. No widgets."""
