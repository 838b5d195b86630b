"""Linear rate networks with plastic weights, on data sets, in JAX."""
