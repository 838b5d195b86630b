"""Settings of the search methods, one class a method; `method` in config.yaml chooses among them."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from synapseek_core.quantities import B24, C25, CHOICE, R08, T22, NumberOrBounds, Settings, quantity


class CurriculumSettings(Settings):
    """Trials that get harder: the level rises when the rule succeeds in enough of them."""

    start: int = quantity(1, "1", "level of the first trials", T22, ge=1)
    increment: int = quantity(1, "1", "by which the level rises", T22, ge=1)
    highest: int | None = quantity(None, "1", "level after which there is none; null: it rises as it can", CHOICE, ge=1)
    success: float = quantity(
        0.998, "1", "mean success in `window` trials in a row at which the level rises", T22, gt=0, le=1
    )
    window: int = quantity(5, "1", "trials over which success is averaged", T22, ge=1)
    trials: int = quantity(5, "1", "trials after each generation, on which the rule is tested", T22, ge=1)


class SearchBase(Settings):
    """What every search has.

    Class attribute `has_covariance`: whether the search keeps a full covariance of rules, from which rules are drawn.
    """

    has_covariance: ClassVar[bool] = False

    start: dict[str, NumberOrBounds] = quantity(
        ...,
        "s (time constants), 1 (others)",
        "the rule at which the search starts: a number for each parameter, or [low, high] from which each restart "
        "draws uniformly in search coordinates; by parameter, by type and parameter (IE.alpha), or by type",
        CHOICE,
    )
    l1_penalty: float = quantity(
        0.0,
        "1",
        "times the sum of the parameters' absolute values (time constants left out), added to the searched loss",
        CHOICE,
        ge=0,
    )
    generations: int = quantity(400, "1", "generations of a run", C25, ge=1)
    trials: int = quantity(10, "1", "trials of each rule in a generation, drawn afresh every generation", C25, ge=1)
    restarts: int = quantity(4, "1", "independent runs, with their own random numbers", CHOICE, ge=1)
    chunk: int = quantity(20, "1", "generations in one resumable file", CHOICE, ge=1)
    curriculum: CurriculumSettings | None = quantity(
        None, "1", "trials that get harder, in a task that has levels; null: all are as the task's settings say", CHOICE
    )

    @property
    def distributions(self) -> int:
        """Number of rules that one run learns."""
        return 1

    @property
    def rules_scored(self) -> int:
        """Number of rules that are scored in a generation."""
        return 1


class EvolutionSettings(SearchBase):
    """What evolution strategies have in common."""

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
    """CMA-ES."""

    method: Literal["cma_es"] = quantity("cma_es", "1", "search algorithm", C25)


class SeparableCMAESSettings(EvolutionSettings):
    """CMA-ES with a diagonal covariance, for rules with hundreds of parameters or more."""

    has_covariance: ClassVar[bool] = False

    method: Literal["sep_cma_es"] = quantity("sep_cma_es", "1", "search algorithm", R08)


class SteinVariationalSettings(EvolutionSettings):
    """Stein-variational CMA-ES: several search distributions at once, whose means repel each other."""

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


class GradientSettings(SearchBase):
    """Gradient descent (Adam) through the unrolled inner loop, for tasks that can be differentiated."""

    method: Literal["gradient"] = quantity("gradient", "1", "search algorithm", CHOICE)
    learning_rate: float = quantity(0.01, "1", "step size of Adam, in search coordinates", CHOICE, gt=0)
    halving: float | None = quantity(
        100.0, "1", "generations in which the learning rate halves; null: it is constant", CHOICE, gt=0
    )
    updates: int = quantity(1, "1", "steps in a generation, each on trials of its own", CHOICE, ge=1)
    truncation: int | None = quantity(
        None,
        "1",
        "steps of the inner loop, counted from its end, that the gradient goes through; null: all",
        CHOICE,
        ge=1,
    )
    clipping: float = quantity(1.0, "1", "a longer gradient is shortened to this norm", CHOICE, gt=0)


SearchSettings = Annotated[
    CMAESSettings | SeparableCMAESSettings | SteinVariationalSettings | GradientSettings, Field(discriminator="method")
]
