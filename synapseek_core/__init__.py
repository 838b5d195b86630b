"""Meta-learning of synaptic plasticity rules: simulate, score, learn and compare candidate rules."""

from importlib.metadata import version

__version__ = version("synapseek")
