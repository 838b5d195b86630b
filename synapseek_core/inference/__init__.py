"""Rules that meet constraints: rounds of a neural posterior, and populations of sequential Monte Carlo.

Both are rule sets that follow from simulations before (`rule_sets/rounds.py`, `rule_sets/sweeps.py`) and a file between
them (stages infer and move).
"""
