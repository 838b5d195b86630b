"""Source of the CPU backend's time loop, in parts that specialise.py puts together with a rule and a neuron model.

The files are templates, never imported. What stands above their marker is not part of the kernel.
"""
