"""The Numba backend: one compiled time loop a network, one thread a network at a time."""
