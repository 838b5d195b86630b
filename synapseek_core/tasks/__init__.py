"""Tasks: what network, what protocol, what loss."""
