"""The CPU backend's time loop, in parts that specialise.py puts together with a rule and a neuron model.

A part is a Python file: what stands below its marker goes into the kernel, what it imports above it says what it needs.
Names from prelude.py are the same in every kernel; those from holes.py are filled for one rule and one neuron model;
formulas from `engine.physics` are put in. See docs/how-a-rule-becomes-machine-code.md.
"""
