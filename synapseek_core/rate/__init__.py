"""Rate networks with plastic weights (JAX): linear neurons on data sets, and networks that see streams of patterns."""
