"""Networks of linear rate neurons with plastic weights (JAX), vectorised over rules and data sets."""
