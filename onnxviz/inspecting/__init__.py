"""What is known of one part of a model: an operator's place in the standard, a tensor's figures."""
