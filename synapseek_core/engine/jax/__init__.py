"""The JAX backend: as many networks at once as a device holds."""
