"""The task on linear rate networks."""
