"""What lessons run, for those whose text fills their module of `course`: the two have the same name."""
