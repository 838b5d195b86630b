"""Families of plasticity rules. A new family is one file beside pair.py or taylor.py and one entry here."""

from synapseek_core.plasticity.family import Parameter, PlasticityFamily, RateFamily, RuleFamily, RuleSpace
from synapseek_core.plasticity.mlp import MLP
from synapseek_core.plasticity.pair import PAIR
from synapseek_core.plasticity.polynomial import POLYNOMIAL, POLYNOMIAL_PUBLISHED
from synapseek_core.plasticity.taylor import TAYLOR
from synapseek_core.plasticity.triplet import TRIPLET

_ALL: tuple[RuleFamily, ...] = (PAIR, TRIPLET, POLYNOMIAL, POLYNOMIAL_PUBLISHED, MLP, TAYLOR)
FAMILIES = {family.name: family for family in _ALL}

__all__ = ["FAMILIES", "Parameter", "PlasticityFamily", "RateFamily", "RuleFamily", "RuleSpace"]
