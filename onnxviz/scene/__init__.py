"""From a Graph to a picture: hierarchy, DOT text, and coordinates."""
