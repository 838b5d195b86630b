"""Kernels of the JAX backend for GPUs, in Pallas: each does what a function of the same name does in plain JAX."""
