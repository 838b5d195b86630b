"""Neuron models, written once in plain Python for every backend."""
