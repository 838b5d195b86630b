"""The sections that every study's configuration has. Defaults are the published values, with unit and source."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field, field_validator, model_validator

from synapseek_core.errors import ConfigurationError
from synapseek_core.files.published_runs import published_coordinates
from synapseek_core.interfaces.inference import PopulationSettings, RoundSettings
from synapseek_core.interfaces.prior_box import PriorBox
from synapseek_core.interfaces.registry import SEARCH_SETTINGS
from synapseek_core.interfaces.search import CMA_ES, SearchBase
from synapseek_core.interfaces.start import has_given_start, start_bounds, start_coordinates
from synapseek_core.plasticity.family import RuleFamily, RuleSpace
from synapseek_core.quantities import C23, C25, CHOICE, Bounds, FileName, Label, Settings, quantity
from synapseek_core.registries import union
from synapseek_core.theory.manifold import PairRuleManifold

if TYPE_CHECKING:
    SearchSettings = SearchBase
else:
    SearchSettings = Annotated[union(SEARCH_SETTINGS), Field(discriminator="method")]
    """Settings of one of the search methods."""


class PriorSettings(Settings):
    """Settings of the box of plausible rules, from which rules are drawn uniformly."""

    bounds: dict[str, Bounds] = quantity(
        ...,
        "s (time constants), 1 (others)",
        "low and high of each parameter, by name, by type and name (IE.alpha), or by type",
        C23,
    )
    samples: int = quantity(100, "1", "number of rules drawn and simulated", CHOICE, ge=0)


class EvaluationSettings(Settings):
    """Settings of the scoring of rules outside the search."""

    trials: int = quantity(10, "1", "trials of each rule", C25, ge=1)
    batch_size: int = quantity(50, "1", "rules simulated by one job", CHOICE, ge=1)


class DegeneracySettings(Settings):
    """Settings of the exploration of the set of learned rules."""

    displacements: tuple[float, ...] = quantity(
        (0.1, 0.2, 0.4, 0.8),
        "1",
        "distances from the best rule, to both sides along each eigenvector, in search coordinates",
        CHOICE,
        min_length=1,
    )
    draws: int = quantity(8, "1", "rules drawn from each restart's final search distribution and scored", CHOICE, ge=0)
    solved_loss: float = quantity(0.02, "1", "a rule with at most this loss counts as a solution", CHOICE, gt=0)

    @field_validator("displacements")
    @classmethod
    def _distinct(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if min(value) <= 0 or len(set(value)) < len(value):
            raise ValueError("allowed: numbers above 0, each once")
        return value


class RuleSetSettings(Settings):
    """Settings of rules from elsewhere, evaluated beside the study's own: of another study, or of a table."""

    rules: str | None = quantity(
        None, "1", "study and rule set from which the rules are, as families_polynomial/round_3", CHOICE
    )
    only: Literal["plausible"] | None = quantity(
        None, "1", "plausible: of those the rules that meet all constraints in all trials; null: all", CHOICE
    )
    most: int | None = quantity(None, "1", "of those the first so many; null: all", CHOICE, ge=1)
    table: str | None = quantity(
        None, "1", "file of a table of rules, .csv or .nc: one row a rule, one column a parameter", CHOICE
    )

    @model_validator(mode="after")
    def _of_one_kind(self) -> RuleSetSettings:
        if (self.rules is None) == (self.table is None):
            raise ValueError("rules come from one place; allowed: either rules or table")
        if self.table is not None and (self.only or self.most):
            raise ValueError("only and most choose among rules of another study; allowed with rules, not with table")
        if self.rules is not None and self.rules.count("/") != 1:
            raise ValueError(f"rules = {self.rules!r}; allowed: a study and a rule set, as families_polynomial/round_3")
        return self

    @property
    def place(self) -> tuple[str, str]:
        """Study and rule set from which the rules are."""
        study, rule_set = str(self.rules).split("/")
        return study, rule_set


class GeneralisationSettings(Settings):
    """Settings of the conditions in which learned and reference rules are tested beyond the trained setting."""

    conditions: dict[Label, dict[str, Any]] = quantity(
        {},
        "1",
        "name -> settings of the simulation that differ from those of the search; base: another study, whose task the "
        "rules are tested on",
        CHOICE,
    )
    trials: int = quantity(10, "1", "trials of each rule in each condition", CHOICE, ge=1)


class PlasticitySettings(Settings):
    """Settings of plasticity: the plastic synapses, and the family of their rules.

    Class attributes, which a kind of study narrows:
        families: families that its networks can run.
        types: its synapse types.
    """

    families: ClassVar[Mapping[str, RuleFamily]] = {}
    types: ClassVar[tuple[str, ...]] = ()

    family: str = quantity("pair", "1", "family of plasticity rules", C25)
    synapse_types: tuple[str, ...] = quantity(("IE",), "1", "plastic synapse types, presynaptic first", C25)

    @property
    def rule_family(self) -> RuleFamily:
        """The family of rules."""
        return self.families[self.family]

    @model_validator(mode="after")
    def _known(self) -> PlasticitySettings:
        if self.family not in self.families:
            raise ValueError(f"unknown family {self.family!r}; allowed: {', '.join(self.families)}")
        for name in self.synapse_types:
            if name not in self.types:
                raise ValueError(f"synapse_types: unknown synapse type {name!r}; allowed: {', '.join(self.types)}")
        if not self.synapse_types or len(set(self.synapse_types)) < len(self.synapse_types):
            raise ValueError("synapse_types must name at least one type, each once")
        return self


@dataclass(frozen=True)
class Challenge:
    """A condition that the best rules of a study are challenged in.

    Attributes:
        label: how figures and files name it.
        changes: settings that differ, as a nested mapping.
        keeps_weights: whether frozen synapse types have the weights with which the rule's own trials ended.
    """

    label: str
    changes: Mapping[str, Any]
    keeps_weights: bool = False


class StudySettings(Settings):
    """Settings of one study. A kind of study (spiking, rate network, ...) adds its network, protocol and recording.

    Class attributes:
        scored_keys: section -> its keys that the score depends on and a simulation does not.
        scored_sections: sections of which that holds as a whole.
        search_methods: search methods that the study's task can serve.
        has_levels: whether its trials have levels, so that a search may have a curriculum.
    """

    scored_keys: ClassVar[Mapping[str, frozenset[str]]] = {}
    scored_sections: ClassVar[tuple[str, ...]] = ()
    search_methods: ClassVar[tuple[str, ...]] = CMA_ES
    has_levels: ClassVar[bool] = False

    seed: int = quantity(1, "1", "seed of everything random in the study", CHOICE, ge=0)
    published_run: str | None = quantity(
        None, "1", "published search shipped with the package, shown beside this one", C25
    )
    reference: dict[Label, dict[str, float]] = quantity(
        {},
        "s (time constants), 1 (others)",
        "known rules, by name, scored on the same trials as the learned ones",
        CHOICE,
    )
    plasticity: PlasticitySettings
    prior: PriorSettings
    search: dict[FileName, SearchSettings] = Field(
        default_factory=dict, description="searches for rules, by name; null: rules are not searched for"
    )
    evaluation: EvaluationSettings = Field(default_factory=EvaluationSettings)
    generalisation: GeneralisationSettings = Field(default_factory=GeneralisationSettings)
    rule_sets: dict[FileName, RuleSetSettings] = Field(
        default_factory=dict, description="rules from elsewhere, by name, evaluated beside the study's own"
    )
    degeneracy: DegeneracySettings = Field(default_factory=DegeneracySettings)

    @field_validator("search", mode="before")
    @classmethod
    def _may_be_none(cls, value: Any) -> Any:
        return {} if value is None else value

    @property
    @abstractmethod
    def task_sections(self) -> tuple[str, ...]:
        """Names of the sections that a simulation depends on, besides `seed` and `plasticity`."""

    @property
    def rule_space(self) -> RuleSpace:
        """The space of rules."""
        return RuleSpace(self.plasticity.rule_family, self.plasticity.synapse_types)

    @property
    def mean_field_manifold(self) -> PairRuleManifold | None:
        """The rules that solve the task in mean-field theory; None where there is no such theory."""
        return None

    @property
    def prior_box(self) -> PriorBox:
        """The box of plausible rules."""
        low, high = np.array(self.rule_space.expand(self.prior.bounds, "prior.bounds")).T
        return PriorBox(self.rule_space.names, low, high)

    @cached_property
    def given_starts(self) -> dict[str, np.ndarray]:
        """The given rule (coordinate,) at which each search starts; a random start is none."""
        space = self.rule_space
        return {
            name: start_coordinates(space, search, self.seed, 0)[0]
            for name, search in self.search.items()
            if has_given_start(space, search)
        }

    @property
    def rounds(self) -> Mapping[str, RoundSettings]:
        """Rounds of inference by name, in order; none unless a study has them."""
        return {}

    @property
    def populations(self) -> Mapping[str, PopulationSettings]:
        """Populations of sequential Monte Carlo by name that have sweeps; none unless a study has them."""
        return {}

    @property
    def mean_field_rules(self) -> int:
        """Number of rules drawn from the mean-field set and simulated; none unless a study has them."""
        return 0

    def mean_field_sections(self) -> dict[str, Any]:
        """Return the settings that its mean-field set of rules depends on; none unless a study has one."""
        return {}

    @property
    def example_rules(self) -> int:
        """Number of the best rules of the last round of inference that are shown and challenged; none unless it has."""
        return 0

    @property
    def challenges(self) -> Mapping[str, Challenge]:
        """Conditions by name that the best rules of the last round are challenged in; none unless a study has them."""
        return {}

    def simulated(self, *names: str) -> dict[str, Any]:
        """Return the settings that a simulation depends on and the named further sections, as plain values for JSON.

        Into how many jobs rules are cut changes no result.
        """
        values = self.scored(*names, with_scores=False)
        for section, keys in self.scored_keys.items():
            values[section] = {key: value for key, value in values[section].items() if key not in keys}
        return values

    def scored(self, *names: str, with_scores: bool = True) -> dict[str, Any]:
        """Return the settings that simulation and score depend on and the named further sections, for JSON.

        Args:
            with_scores: whether the sections are in that only the score depends on.
        """
        included = {"seed", "plasticity", *self.task_sections, *names, *(self.scored_sections if with_scores else ())}
        return self.model_dump(mode="json", include=included, exclude={"evaluation": {"batch_size"}})

    def check(self, key: str) -> None:
        """Check the settings of several sections against each other; `key` is the study's place in config.yaml.

        Raises:
            ConfigurationError: one line with the key and what is allowed.
        """
        self.check_simulation(key)
        space = self.rule_space
        bounds = np.array(space.expand(self.prior.bounds, f"{key}.prior.bounds"))
        self._check_domains(bounds, f"{key}.prior.bounds")
        for name, rule in self.reference.items():
            place = f"{key}.reference.{name}"
            self._check_domains(space.expand(rule, place), place)
        for name, search in self.search.items():
            place = f"{key}.search.{name}"
            if search.method not in self.search_methods:
                raise ConfigurationError(
                    f"{place}.method = {search.method!r}: this study's task cannot serve it; "
                    f"allowed: {', '.join(self.search_methods)}"
                )
            if search.curriculum is not None and not self.has_levels:
                raise ConfigurationError(f"{place}.curriculum: this study's task has no levels; allowed: null")
            start = start_bounds(space, search, f"{place}.start")
            self._check_domains(start, f"{place}.start")
            self._check_start(start, bounds, key, f"search.{name}.start")
        if self.published_run is not None:
            self._check_published_run(key)

    def check_simulation(self, key: str) -> None:
        """Check the sections that a simulation depends on against each other; no check unless a study adds one.

        Raises:
            ConfigurationError: one line with the key and what is allowed.
        """

    def _check_domains(self, values: Any, place: str) -> None:
        """Refuse values, (parameter,) or (parameter, 2), that a parameter cannot have."""
        values, space = np.asarray(values), self.rule_space
        for scale, columns in space.columns.items():
            own = values[columns]
            for where in np.argwhere(~((scale.low < own) & (own < scale.high)))[:1]:
                name = space.names[columns[where[0]]]
                raise ConfigurationError(f"{place}: {name} = {own[tuple(where)]:g}; allowed: {scale.domain}")

    def _check_start(self, start: np.ndarray, bounds: np.ndarray, key: str, setting: str) -> None:
        low, high = bounds.T[:, :, None]
        for k, side in np.argwhere(~((low <= start) & (start <= high)))[:1]:
            raise ConfigurationError(
                f"{key}: the prior excludes the start of the search: {setting} gives {self.rule_space.names[k]} = "
                f"{start[k, side]:g}, prior.bounds allows {low[k, 0]:g} to {high[k, 0]:g}"
            )

    def _check_published_run(self, key: str) -> None:
        assert self.published_run is not None
        try:
            found = published_coordinates(self.published_run)
        except ConfigurationError as error:
            raise ConfigurationError(f"{key}.{error}") from None
        if found != self.rule_space.coordinate_names:
            raise ConfigurationError(
                f"{key}.published_run = {self.published_run!r}: its coordinates are {', '.join(found)}; the study's "
                f"rules have {', '.join(self.rule_space.coordinate_names)}; null: no published run"
            )
