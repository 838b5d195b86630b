"""Searches for rules: evolution strategies and gradient descent, in chunks that can be resumed."""
