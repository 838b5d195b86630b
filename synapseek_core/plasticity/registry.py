"""Families of plasticity rules by name. A new one is a file beside pair.py or taylor.py and its entry here."""

from synapseek_core.plasticity.family import PlasticityFamily, RateFamily
from synapseek_core.registries import Registry

SPIKING_FAMILIES: Registry[PlasticityFamily] = Registry(
    {
        "pair": "plasticity.pair:PAIR",
        "triplet": "plasticity.triplet:TRIPLET",
        "polynomial": "plasticity.polynomial:POLYNOMIAL",
        "polynomial_published": "plasticity.polynomial:POLYNOMIAL_PUBLISHED",
        "mlp": "plasticity.mlp:MLP",
    }
)

RATE_FAMILIES: Registry[RateFamily] = Registry({"taylor": "plasticity.taylor:TAYLOR"})
