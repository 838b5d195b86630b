"""Filter simulation-based inference: rounds of rules drawn from a posterior given the desired activity."""
