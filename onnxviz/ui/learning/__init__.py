"""The lessons on a page: the list of them, and one that is open with its experiments and its question."""
