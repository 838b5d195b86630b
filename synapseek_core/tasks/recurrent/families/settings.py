"""Families of rules: rules on several synapse types at once that keep a recurrent network plausible.

In a trial the rules act first; then the activity is measured in a window (`measures`). A metric is plausible within a
range; the loss is the share of the metrics that are not:

    loss = 1 - (constraints met) / (constraints),   1 for a network that was stopped

Every rule is evaluated on trials of its own, with its own input rate: `first_trial` of the rule is the first of them
among a number of draws.

Source: Confavreux et al., NeurIPS 2023.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, ClassVar

from pydantic import Field, field_validator, model_validator

from synapseek_core.errors import ConfigurationError
from synapseek_core.interfaces.inference import InferenceSettings, PopulationSettings, RoundSettings
from synapseek_core.interfaces.settings import Challenge, EvaluationSettings
from synapseek_core.measures.groups import ALL
from synapseek_core.measures.registry import METRICS
from synapseek_core.pipeline.results import file_name
from synapseek_core.quantities import C23, CHOICE, Bounds, Label, Settings, quantity
from synapseek_core.tasks.recurrent import spiking
from synapseek_core.tasks.recurrent.protocol import CheckedProtocol
from synapseek_core.tasks.recurrent.recording import RecurrentRecordingSettings

PLAUSIBLE: dict[str, dict[str, Bounds]] = {
    "stable_activity": {"rate": (1.0, 50.0), "rate_i": (1.0, 50.0)},
    "stable_weights": {
        "w_blow": (0.0, 0.1),
        "w_creep": (0.0, 0.05),
        "weef": (0.0, 0.5),
        "weif": (0.0, 0.5),
        "wief": (0.0, 5.0),
        "wiif": (0.0, 5.0),
    },
    "asynchronous_irregular": {
        "cv_isi": (0.7, 2.7),
        "spatial_Fano": (0.5, 2.5),
        "temporal_Fano": (0.5, 2.5),
        "auto_cov": (0.0, 0.1),
        "fft": (0.0, 1.0),
        "std_rate_temporal": (0.0, 0.05),
        "std_rate_spatial": (0.0, 5.0),
        "std_cv": (0.0, 0.2),
    },
}
"""Plausible ranges by group, as the published program has them (`condition` in `analyse.py` of fSBI)."""


PUBLISHED_METRICS = (
    "rate",
    "rate_i",
    "cv_isi",
    "kl_isi",
    "spatial_Fano",
    "temporal_Fano",
    "auto_cov",
    "fft",
    "std_rate_temporal",
    "std_rate_spatial",
    "std_cv",
    "w_blow",
    "w_creep",
    "weef",
    "weif",
    "wief",
    "wiif",
)


class FamiliesProtocol(CheckedProtocol):
    """Settings of the protocol: training, then recording."""

    lowest_rate: float = quantity(0.0, "Hz", "the trial stops as silent below this filtered rate", C23, ge=0)
    training_time: float = quantity(60.0, "s", "time before recording, rounded to a recording bin", C23, ge=0)
    scoring_time: float = quantity(10.0, "s", "recorded time", C23, gt=0)

    @property
    def mean_duration(self) -> float:
        """Duration of a trial, in s."""
        return self.training_time + self.scoring_time

    @property
    def scored_time(self) -> float:
        """Duration of the recorded window, in s."""
        return self.scoring_time


class FamiliesRecording(RecurrentRecordingSettings):
    """Settings of what is measured; spike trains and weights of all rules in the recorded window."""

    spikes_in_windows: ClassVar[bool] = True

    excitatory: int = quantity(1000, "1", "excitatory neurons whose spike trains are measured", C23, ge=1)
    inhibitory: int = quantity(500, "1", "inhibitory neurons whose spike trains are measured", C23, ge=1)
    synapses: int = quantity(100, "1", "sampled weights a plastic synapse type", C23, ge=1)
    metrics: tuple[str, ...] = quantity(PUBLISHED_METRICS, "1", "metrics of the activity that are measured", C23)

    @field_validator("metrics")
    @classmethod
    def _are_known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := [name for name in value if name not in METRICS]:
            raise ValueError(f"unknown metric {unknown[0][:60]!r}; allowed: {', '.join(METRICS)}")
        return tuple(dict.fromkeys(value))


class FamiliesEvaluation(EvaluationSettings):
    """Settings of the scoring of rules."""

    draws: int = quantity(100, "1", "number of trials, of which each rule meets `trials`", CHOICE, ge=1)

    @model_validator(mode="after")
    def _enough_draws(self) -> FamiliesEvaluation:
        if self.draws < self.trials:
            raise ValueError(f"draws = {self.draws} is less than trials = {self.trials}; allowed: at least that")
        return self


class ExampleSettings(Settings):
    """Settings of the best rules of the last round: these are shown, and challenged by a long time and by a frozen
    type.
    """

    rules: int = quantity(6, "1", "number of rules with the lowest loss", CHOICE, ge=1)
    training_time: float = quantity(
        1190.0, "s", "time before recording in the long trial", C23, gt=0, le=spiking.LONGEST_PHASE
    )


class FamiliesStudy(spiking.SpikingStudy):
    """Settings of a study of families of rules."""

    scored_sections: ClassVar[tuple[str, ...]] = ("plausible",)

    input: spiking.RandomInputSettings = Field(default_factory=spiking.RandomInputSettings)
    protocol: FamiliesProtocol = Field(default_factory=FamiliesProtocol)
    recording: FamiliesRecording = Field(default_factory=FamiliesRecording)
    evaluation: FamiliesEvaluation = Field(default_factory=FamiliesEvaluation)
    inference: InferenceSettings = Field(default_factory=InferenceSettings)
    examples: ExampleSettings = Field(default_factory=ExampleSettings)
    plausible: dict[Label, Annotated[dict[str, Bounds], Field(min_length=1)]] = quantity(
        PLAUSIBLE,
        "Hz (rate, rate_i, std_rate_spatial), 1 (others)",
        "group -> metric of the activity -> lowest and highest plausible value",
        C23,
        min_length=1,
    )

    @field_validator("plausible")
    @classmethod
    def _metrics_are_known(cls, value: dict[str, dict[str, Bounds]]) -> dict[str, dict[str, Bounds]]:
        names = [name for group in value.values() for name in group]
        for name in names:
            if name not in METRICS:
                raise ValueError(f"unknown metric {name[:60]!r}; allowed: {', '.join(METRICS)}")
            if names.count(name) > 1:
                raise ValueError(f"the metric {name} is in several groups; allowed: each once")
        if ALL in value:
            raise ValueError(f"no group may be named {ALL!r}, which is all of them; allowed: another name")
        return value

    @model_validator(mode="after")
    def _plausible_metrics_are_measured(self) -> FamiliesStudy:
        for name in (name for group in self.plausible.values() for name in group):
            if name not in self.recording.metrics:
                raise ValueError(
                    f"plausible names the metric {name}, which is not measured; recording.metrics has "
                    f"{', '.join(self.recording.metrics)}"
                )
        return self

    @property
    def rounds(self) -> Mapping[str, RoundSettings]:
        """Rounds of inference by name, in order."""
        return self.inference.rounds

    @property
    def populations(self) -> Mapping[str, PopulationSettings]:
        """Populations of sequential Monte Carlo by name that have sweeps, each after that which it begins with."""
        left = {name: own for name, own in self.inference.populations.items() if own.sweeps}
        found: dict[str, PopulationSettings] = {}
        while left:
            # One that begins with none that is left; of those that wait for each other, the first.
            name = next((name for name, own in left.items() if own.begins_with not in left), next(iter(left)))
            found[name] = left.pop(name)
        return found

    @property
    def mean_field_rules(self) -> int:
        """Number of rules drawn from the mean-field set and simulated."""
        return self.inference.mean_field.samples

    def ranges(self, population: str) -> dict[str, Bounds]:
        """Return the plausible range of every metric that a population has constraints for."""
        groups = self.inference.populations[population].target or tuple(self.plausible)
        return {name: bounds for group in groups for name, bounds in self.plausible[group].items()}

    def check(self, key: str) -> None:
        """Check too that rounds of inference name existing groups and rounds; see `StudySettings.check`."""
        super().check(key)
        before = ["prior"]
        for name, own in self.rounds.items():
            place = f"{key}.inference.rounds.{name}"
            if own.extends is None and not self.prior.samples:
                raise ConfigurationError(f"{place}: prior.samples = 0 leaves nothing to learn from; allowed: more")
            _refuse_unknown(f"{place}.filter", own.filter, self.plausible)
            _refuse_unknown(f"{place}.target", own.target, self.plausible)
            if own.extends is not None:
                _refuse_unknown(f"{place}.extends", [own.extends], before)
            elif own.samples:
                before.append(name)

        if self.populations and not self.prior.samples:
            raise ConfigurationError(
                f"{key}.prior.samples = 0: populations are compared with rules of the prior; allowed: more"
            )
        conditions = {file_name(label) for label in self.generalisation.conditions}
        known: list[str] = []
        for name, population in self.populations.items():
            place = f"{key}.inference.populations.{name}"
            _refuse_unknown(f"{place}.target", population.target, self.plausible)
            _refuse_unknown(f"{place}.condition", _given(population.condition), conditions)
            _refuse_unknown(f"{place}.begins_with", _given(population.begins_with), known)
            known.append(name)
        _refuse_unknown(f"{key}.inference.widths", list(self.inference.widths), METRICS)

    @property
    def challenges(self) -> Mapping[str, Challenge]:
        """Challenges by name: a long time, and each of several synapse types frozen."""
        training_time, types = self.examples.training_time, self.plasticity.synapse_types
        long = {"protocol": {"training_time": training_time}}
        found = {"long": Challenge(f"{training_time + self.protocol.scoring_time:g} s", long)}
        for name in types if len(types) > 1 else ():
            changes = {"plasticity": {"frozen": [name]}}
            found[f"{name}_frozen"] = Challenge(f"{name} frozen", changes, keeps_weights=True)
        return found

    @property
    def example_rules(self) -> int:
        """Number of the best rules of the last round of inference."""
        return self.examples.rules

    def inference_sections(self, name: str) -> dict[str, Any]:
        """Return the settings that the posterior of a round depends on, besides the simulations it is learned from."""
        own = {"round": self.rounds[name].model_dump(mode="json", exclude={"samples"})}
        shared = self.inference.model_dump(mode="json", exclude={"rounds"})
        return self.scored("prior") | {"inference": shared | own}

    def mean_field_sections(self) -> dict[str, Any]:
        """Return the settings that the mean-field set depends on."""
        prior = self.prior.model_dump(mode="json", include={"bounds"})
        own = self.inference.mean_field.model_dump(mode="json", exclude={"samples"})
        plasticity = self.plasticity.model_dump(mode="json", include={"family", "synapse_types"})
        return {"seed": self.seed, "prior": prior, "plasticity": plasticity, "mean_field": own}

    def population_sections(self, name: str) -> dict[str, Any]:
        """Return the settings that a population depends on besides simulations, whatever the number of sweeps is."""
        own = self.inference.populations[name].model_dump(mode="json", exclude={"sweeps", "target"})
        ranges = {metric: list(bounds) for metric, bounds in self.ranges(name).items()}
        widths = {metric: self.inference.widths.get(metric) for metric in ranges}
        of_theory = self.inference.populations[name].of_theory
        of_prior = self.mean_field_sections() if of_theory else {"seed": self.seed}
        return of_prior | {"population": own, "ranges": ranges, "widths": widths}

    def check_simulation(self, key: str) -> None:
        """Check too that the window contains two samples of the weights; see `StudySettings.check_simulation`."""
        super().check_simulation(key)
        spiking.check_window(self.protocol.scoring_time, self.recording.bin, key)
        if self.protocol.scoring_time < 2 * self.recording.weight_interval:
            raise ConfigurationError(
                f"{key}: protocol.scoring_time = {self.protocol.scoring_time:g} s is shorter than two "
                f"recording.weight_interval of {self.recording.weight_interval:g} s; allowed: at least that"
            )


def _given(name: str | None) -> list[str]:
    return [] if name is None else [name]


def _refuse_unknown(place: str, names: Sequence[str], allowed: Iterable[str]) -> None:
    for name in names:
        if name not in allowed:
            raise ConfigurationError(f"{place} = {name!r}: there is none; allowed: {', '.join(allowed) or 'null'}")
