"""Networks that are shown endless streams of patterns, in JAX."""
