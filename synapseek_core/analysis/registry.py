"""Analyses by name, which is that of their files. A new one is a file beside this one."""

from synapseek_core.interfaces.analysis import Analysis
from synapseek_core.registries import Folder

ANALYSES: Folder[Analysis] = Folder("analysis", "ANALYSIS")
