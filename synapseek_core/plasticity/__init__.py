"""Families of plasticity rules. A new family is one file beside pair.py or taylor.py and one entry here."""

from synapseek_core.plasticity.family import Parameter, PlasticityFamily, RateFamily, RuleFamily, RuleSpace
from synapseek_core.plasticity.pair import PAIR
from synapseek_core.plasticity.polynomial import POLYNOMIAL, POLYNOMIAL_PUBLISHED
from synapseek_core.plasticity.taylor import TAYLOR

FAMILIES: dict[str, RuleFamily] = {family.name: family for family in (PAIR, POLYNOMIAL, POLYNOMIAL_PUBLISHED, TAYLOR)}

__all__ = ["FAMILIES", "Parameter", "PlasticityFamily", "RateFamily", "RuleFamily", "RuleSpace"]
