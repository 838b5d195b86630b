"""Networks that see endless streams of patterns, in JAX."""
