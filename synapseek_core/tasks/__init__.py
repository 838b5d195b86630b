"""Tasks: each a network, a protocol and a loss."""
