"""Settings of CMA-ES with restarts."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import model_validator

from synapseek_core.quantities import A05, CHOICE, H09, quantity
from synapseek_core.search.settings.evolution import EvolutionSettings


class RestartingCMAESSettings(EvolutionSettings):
    """Settings of CMA-ES that starts again, with another population, when it has converged.

    Every generation scores `population_size` rules; a population m times as large takes m generations. So
    `generations` bounds the cost of a run with all of its attempts.
    """

    has_covariance: ClassVar[bool] = True

    method: Literal["ipop_cma_es", "bipop_cma_es"] = quantity(
        "ipop_cma_es",
        "1",
        "search algorithm: every population is larger than the one before (ipop), or large and small ones take turns "
        "so that both score as many rules (bipop; small ones are rounded down to multiples of population_size)",
        H09,
    )
    population_growth: int = quantity(
        2, "1", "how many times as large the next population is; of bipop: the next large one", A05, ge=2
    )
    loss_tolerance: float = quantity(
        1e-6,
        "1",
        "starts again when the losses of a population, and the best of the last ones, differ by less; with losses "
        "that vary from trial to trial as large as that variation",
        CHOICE,
        ge=0,
    )
    coordinate_tolerance: float = quantity(
        1e-4, "1", "starts again when the standard deviations of all search coordinates are less", CHOICE, ge=0
    )
    condition_number: float = quantity(
        1e7, "1", "starts again when the covariance has a larger one, which single precision cannot tell", CHOICE, gt=1
    )

    @model_validator(mode="after")
    def _no_curriculum(self) -> RestartingCMAESSettings:
        if self.curriculum is not None:
            raise ValueError(f"curriculum is given; allowed with {self.method}: null, or the method cma_es")
        return self
