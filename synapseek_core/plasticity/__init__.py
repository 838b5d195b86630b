"""Families of plasticity rules. A new family is one file beside pair.py and one entry here."""

from synapseek_core.plasticity.family import Parameter, PlasticityFamily, RuleFamily, RuleSpace
from synapseek_core.plasticity.pair import PAIR

FAMILIES: dict[str, RuleFamily] = {family.name: family for family in (PAIR,)}

__all__ = ["FAMILIES", "Parameter", "PlasticityFamily", "RuleFamily", "RuleSpace"]
