"""The sections that every study's configuration has. Defaults are the published values, with unit and source."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from synapseek_core.errors import ConfigurationError
from synapseek_core.plasticity import FAMILIES, RuleSpace
from synapseek_core.quantities import C23, C25, CHOICE, Bounds, Settings, quantity


class PriorSettings(Settings):
    """The box of plausible rules, from which rules are drawn uniformly."""

    bounds: dict[str, Bounds] = quantity(
        {
            "tau_pre": (0.010, 0.100),
            "tau_post": (0.010, 0.100),
            "alpha": (-2.0, 2.0),
            "beta": (-2.0, 2.0),
            "gamma": (-2.0, 2.0),
            "kappa": (-2.0, 2.0),
        },
        "s (time constants), 1 (others)",
        "low and high of each parameter, by name, or by type and name (IE.alpha)",
        C23,
    )
    samples: int = quantity(100, "1", "number of rules drawn and simulated", CHOICE, ge=0)


class SearchSettings(Settings):
    """The search for rules: CMA-ES."""

    method: Literal["cma_es"] = quantity("cma_es", "1", "search algorithm", C25)
    start: dict[str, float] = quantity(
        {"tau_pre": 0.010, "tau_post": 0.010, "alpha": 0.0, "beta": 0.0, "gamma": 0.0, "kappa": 0.0},
        "s (time constants), 1 (others)",
        "the rule at which the search starts",
        C25,
    )
    step_size: float = quantity(
        0.1,
        "1",
        "initial standard deviation in search coordinates (time constants in logarithm); the first steps of the "
        "published run 2212091405 are of this size",
        C25,
        gt=0,
    )
    population_size: int = quantity(12, "1", "rules in a generation", C25, ge=4)
    generations: int = quantity(400, "1", "generations of a run", C25, ge=1)
    trials: int = quantity(10, "1", "trials of each rule in a generation, drawn afresh every generation", C25, ge=1)
    restarts: int = quantity(
        4, "1", "independent runs from the same start, with their own random numbers", CHOICE, ge=1
    )
    chunk: int = quantity(20, "1", "generations in one resumable file", CHOICE, ge=1)


class EvaluationSettings(Settings):
    """How rules are scored outside the search."""

    trials: int = quantity(10, "1", "trials of each rule", C25, ge=1)
    batch_size: int = quantity(50, "1", "rules simulated by one job", CHOICE, ge=1)


class DegeneracySettings(Settings):
    """How the set of learned rules is explored."""

    displacements: tuple[float, ...] = quantity(
        (0.1, 0.2, 0.4, 0.8),
        "1",
        "distances from the best rule, to both sides along each eigenvector, in search coordinates",
        CHOICE,
        min_length=1,
    )
    draws: int = quantity(8, "1", "rules drawn from each restart's final search distribution and scored", CHOICE, ge=0)
    solved_loss: float = quantity(0.02, "1", "a rule with at most this loss counts as a solution", CHOICE, gt=0)


class PlasticitySettings(Settings):
    """Which synapses are plastic, and by which family of rules."""

    family: str = quantity("pair", "1", "family of plasticity rules", C25)
    synapse_types: tuple[str, ...] = quantity(("IE",), "1", "plastic synapse types, presynaptic first", C25)

    @model_validator(mode="after")
    def _known_family(self) -> PlasticitySettings:
        if self.family not in FAMILIES:
            raise ValueError(f"unknown family {self.family!r}; allowed: {', '.join(FAMILIES)}")
        if not self.synapse_types or len(set(self.synapse_types)) < len(self.synapse_types):
            raise ValueError("synapse_types must name at least one type, each once")
        return self


class StudySettings(Settings):
    """One study. A kind of study (spiking, rate network, ...) adds its network, protocol and recording.

    Class attributes:
        preview: the settings that `scale: preview` changes, as a nested mapping.
        references: publications of the study.
    """

    preview: ClassVar[dict[str, Any]] = {}
    references: ClassVar[str] = ""

    seed: int = quantity(1, "1", "seed of everything random in the study", CHOICE, ge=0)
    published_run: str | None = quantity(
        None, "1", "published search shipped with the package, shown beside this one", C25
    )
    plasticity: PlasticitySettings = Field(default_factory=PlasticitySettings)
    prior: PriorSettings = Field(default_factory=PriorSettings)
    search: SearchSettings = Field(default_factory=SearchSettings)
    evaluation: EvaluationSettings = Field(default_factory=EvaluationSettings)
    degeneracy: DegeneracySettings = Field(default_factory=DegeneracySettings)

    @property
    @abstractmethod
    def task_sections(self) -> tuple[str, ...]:
        """Names of the sections that a simulation depends on, besides `seed` and `plasticity`."""

    @property
    def rule_space(self) -> RuleSpace:
        """The space of rules."""
        return RuleSpace(FAMILIES[self.plasticity.family], self.plasticity.synapse_types)

    def sections(self, *names: str) -> dict[str, Any]:
        """The settings that a simulation depends on and the named further sections, as plain values for JSON."""
        return self.model_dump(mode="json", include={"seed", "plasticity", *self.task_sections, *names})

    def check(self, key: str) -> None:
        """Check what involves several sections; `key` is the study's place in config.yaml.

        Raises:
            ConfigurationError: one line with the key and what is allowed.
        """
        space = self.rule_space
        bounds = space.expand(self.prior.bounds, f"{key}.prior.bounds")
        start = space.expand(self.search.start, f"{key}.search.start")
        for name, parameter, value, (low, high) in zip(space.names, space.parameters, start, bounds, strict=True):
            if parameter.scale == "log" and not (value > 0 and low > 0):
                raise ConfigurationError(f"{key}: {name} is a time constant, its start and bounds must be above 0")
            if not low <= value <= high:
                raise ConfigurationError(
                    f"{key}: the prior excludes the start of the search: search.start gives {name} = {value:g}, "
                    f"prior.bounds allows {low:g} to {high:g}"
                )
