"""Settings of evolution strategies."""

from __future__ import annotations

from typing import ClassVar, Literal

from synapseek_core.interfaces.search import SearchBase
from synapseek_core.quantities import B24, C25, CHOICE, R08, quantity


class EvolutionSettings(SearchBase):
    """Settings that all evolution strategies share."""

    has_covariance: ClassVar[bool] = True

    step_size: float = quantity(
        0.1,
        "1",
        "initial standard deviation in search coordinates (time constants in logarithm); the first steps of the "
        "published run 2212091405 are of this size",
        C25,
        gt=0,
    )
    mean_learning_rate: float = quantity(
        1.0,
        "1",
        "share of its step that the mean takes (c_m); below 1 it averages over generations, against noisy losses",
        CHOICE,
        gt=0,
        le=1,
    )
    population_size: int = quantity(12, "1", "rules in a generation, of each search distribution", C25, ge=4)
    boundary_penalty: float = quantity(
        0.0,
        "1",
        "times the squared distance from the prior box in search coordinates, added to the searched loss",
        CHOICE,
        ge=0,
    )

    @property
    def rules_scored(self) -> int:
        """Number of rules that are scored in a generation: the population of each distribution, and its mean."""
        return self.distributions * (self.population_size + 1)


class CMAESSettings(EvolutionSettings):
    """Settings of CMA-ES."""

    method: Literal["cma_es"] = quantity("cma_es", "1", "search algorithm", C25)


class SeparableCMAESSettings(EvolutionSettings):
    """Settings of CMA-ES with a diagonal covariance, for rules with hundreds of parameters or more."""

    has_covariance: ClassVar[bool] = False

    method: Literal["sep_cma_es"] = quantity("sep_cma_es", "1", "search algorithm", R08)


class SteinVariationalSettings(EvolutionSettings):
    """Settings of Stein-variational CMA-ES: several search distributions at once, whose means repel each other."""

    method: Literal["stein_variational_cma_es"] = quantity("stein_variational_cma_es", "1", "search algorithm", B24)
    particles: int = quantity(10, "1", "search distributions, each of which learns a rule", CHOICE, ge=2)
    kernel_width: float = quantity(
        1.0, "1", "standard deviation of the Gaussian kernel of repulsion, in search coordinates", CHOICE, gt=0
    )
    repulsion: float = quantity(1.0, "1", "strength of the repulsion", B24, ge=0)

    @property
    def distributions(self) -> int:
        """Number of rules that one run learns."""
        return self.particles
