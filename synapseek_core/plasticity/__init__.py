"""Families of plasticity rules, written once in plain Python for every backend."""
