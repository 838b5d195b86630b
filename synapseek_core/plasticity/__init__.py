"""Families of plasticity rules. A new family is one file beside pair.py and one entry here."""

from synapseek_core.plasticity.family import Parameter, PlasticityFamily, RuleSpace
from synapseek_core.plasticity.pair import PAIR

FAMILIES: dict[str, PlasticityFamily] = {family.name: family for family in (PAIR,)}

__all__ = ["FAMILIES", "Parameter", "PlasticityFamily", "RuleSpace"]
