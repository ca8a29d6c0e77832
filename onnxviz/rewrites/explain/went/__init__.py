"""Why each node that went is gone: reasons that rest on structure, on values, and on passes left out."""
