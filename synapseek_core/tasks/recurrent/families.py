"""Families of rules: rules on several synapse types at once that keep a recurrent network plausible.

A trial lets the rules act, then measures the activity in a window (`measures`). A metric is plausible
within a range; the loss is the share of the metrics that are not:

    loss = 1 - (constraints met) / (constraints),   1 for a network that was stopped

Every rule meets trials of its own, with its own input rate: its name says which ones of a number of draws.

Source: Confavreux et al., NeurIPS 2023.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, ClassVar

import numpy as np
import xarray as xr
from pydantic import Field, field_validator, model_validator

from synapseek_core.engine.network import Trial
from synapseek_core.errors import ConfigurationError
from synapseek_core.inference.features import rule_features
from synapseek_core.interfaces.costs import PLANNED_RATE, SYNAPSE_MEMORY, VALUE_STORAGE, Cost
from synapseek_core.interfaces.inference import TAKEN, InferenceSettings, RoundSettings
from synapseek_core.interfaces.study import EvaluationSettings, SearchSettings
from synapseek_core.measures.plausibility import ALL, constraints_met
from synapseek_core.measures.registry import METRICS
from synapseek_core.quantities import C23, CHOICE, Bounds, FileName, Label, Settings, quantity
from synapseek_core.runtime import Compute
from synapseek_core.seeds import Trials
from synapseek_core.tasks.recurrent import spiking
from synapseek_core.tasks.recurrent.recorded_window import metrics_of_networks
from synapseek_core.tasks.recurrent.task import CheckedProtocol, RecurrentTask
from synapseek_core.tasks.recurrent.trial import trial_with_one_window

SPIKE_MEMORY = 64.0
"""Bytes of a spike while it is measured."""

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
        "cv_isi": (0.7, 1000.0),
        "spatial_Fano": (0.5, 2.5),
        "temporal_Fano": (0.5, 2.5),
        "auto_cov": (0.0, 0.1),
        "fft": (0.0, 1.0),
        "std_rate_temporal": (0.0, 0.5),
        "std_rate_spatial": (0.0, 5.0),
        "std_cv": (0.0, 0.2),
    },
}
"""Plausible ranges by group; that of cv_isi has no published upper end."""


class FamiliesProtocol(CheckedProtocol):
    """Training, then recording."""

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


class FamiliesRecording(spiking.RecurrentRecordingSettings):
    """What is measured; spike trains and weights of all rules, in the recorded window."""

    spikes_in_windows: ClassVar[bool] = True

    excitatory: int = quantity(1000, "1", "excitatory neurons whose spike trains are measured", C23, ge=1)
    inhibitory: int = quantity(500, "1", "inhibitory neurons whose spike trains are measured", C23, ge=1)
    synapses: int = quantity(100, "1", "sampled weights a plastic synapse type", C23, ge=1)


class FamiliesEvaluation(EvaluationSettings):
    """How rules are scored."""

    draws: int = quantity(100, "1", "number of trials, of which each rule meets `trials`", CHOICE, ge=1)

    @model_validator(mode="after")
    def _enough_draws(self) -> FamiliesEvaluation:
        if self.draws < self.trials:
            raise ValueError(f"draws = {self.draws} is less than trials = {self.trials}; allowed: at least that")
        return self


class ExampleSettings(Settings):
    """The best rules of the last round, which are shown, and challenged: by a long time, with one type frozen."""

    rules: int = quantity(6, "1", "number of rules with the lowest loss", CHOICE, ge=1)
    training_time: float = quantity(
        1190.0, "s", "time before recording in the long trial", C23, gt=0, le=spiking.LONGEST_PHASE
    )


class FamiliesStudy(spiking.SpikingStudy):
    """Settings of a study of families of rules."""

    search: dict[FileName, SearchSettings] = Field(
        default_factory=dict, description="searches for rules, by name; none: they are drawn from the prior alone"
    )
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

    @property
    def rounds(self) -> Mapping[str, RoundSettings]:
        """Rounds of inference by name, in order."""
        return self.inference.rounds

    def rule_features(self, theta: np.ndarray) -> np.ndarray:
        """What a classifier sees of rules; see `inference.features`."""
        return rule_features(self.rule_space, theta)

    def check(self, key: str) -> None:
        """Check too that rounds of inference name groups and rounds that there are; see `StudySettings.check`."""
        super().check(key)
        before = ["prior"]
        for name, own in self.rounds.items():
            place = f"{key}.inference.rounds.{name}"
            if name in TAKEN:
                raise ConfigurationError(f"{place}: other rules have that name; allowed: another one")
            if own.extends is None and not self.prior.samples:
                raise ConfigurationError(f"{place}: prior.samples = 0 leaves nothing to learn from; allowed: more")
            _refuse_unknown(f"{place}.filter", own.filter, self.plausible)
            _refuse_unknown(f"{place}.target", own.target, self.plausible)
            if own.extends is not None:
                _refuse_unknown(f"{place}.extends", [own.extends], before)
            elif own.samples:
                before.append(name)

    @property
    def example_rules(self) -> int:
        """Number of the best rules of the last round of inference."""
        return self.examples.rules

    def inference_sections(self, name: str) -> dict[str, Any]:
        """The settings that the posterior of a round depends on, besides what it is learned from."""
        own = {"round": self.rounds[name].model_dump(mode="json", exclude={"samples"})}
        shared = self.inference.model_dump(mode="json", exclude={"rounds"})
        return self.sections("prior", *self.loss_sections) | {"inference": shared | own}

    @property
    def loss_sections(self) -> tuple[str, ...]:
        """The plausible ranges."""
        return ("plausible",)

    def check_simulation(self, key: str) -> None:
        """Check too that the window holds two samples of the weights; see `StudySettings.check_simulation`."""
        super().check_simulation(key)
        spiking.check_window(self.protocol.scoring_time, self.recording.bin, key)
        if self.protocol.scoring_time < 2 * self.recording.weight_interval:
            raise ConfigurationError(
                f"{key}: protocol.scoring_time = {self.protocol.scoring_time:g} s is shorter than two "
                f"recording.weight_interval of {self.recording.weight_interval:g} s; allowed: at least that"
            )


def _refuse_unknown(place: str, names: Sequence[str], allowed: Iterable[str]) -> None:
    for name in names:
        if name not in allowed:
            raise ConfigurationError(f"{place} = {name!r}: there is none; allowed: {', '.join(allowed)}")


class FamiliesTask(RecurrentTask):
    """Simulates rules, measures the activity and scores it."""

    name: ClassVar[str] = "families"
    settings: FamiliesStudy

    @property
    def windows(self) -> Sequence[str]:
        """One window, at the end."""
        return ("recorded",)

    def build_trial(self, trials: Trials, trial: int) -> tuple[Trial, dict[str, float]]:
        """One trial, and its nuisance parameters."""
        return trial_with_one_window(self.settings, trials, trial, self.settings.protocol.training_time)

    def trials_of(self, names: Sequence[str], trials: Trials) -> list[list[int]]:
        """The same for a rule whatever the others are."""
        draws = self.settings.evaluation.draws
        first = [zlib.crc32(name.encode()) for name in names]
        return [[(start + k) % draws for k in range(trials.count)] for start in first]

    def simulate(
        self,
        theta: np.ndarray,
        names: Sequence[str],
        trials: Trials,
        compute: Compute,
        keep_spikes: Sequence[int] = (),
    ) -> xr.Dataset:
        """Activity of every rule in its trials, with its metrics as `metric_<name>`; see `Task.simulate`."""
        activity = super().simulate(theta, names, trials, compute, range(len(theta)))
        neurons = spiking.recorded_neurons(self.settings)
        measured = metrics_of_networks(activity, neurons, self.settings.network.excitatory)
        kept = np.isin(activity["spike_rule"].values, list(keep_spikes))
        return activity.assign(measured).isel(spike=kept)

    def evaluate(self, activity: xr.Dataset) -> xr.Dataset:
        """Loss, metrics and the constraints that they meet, of every rule."""
        metrics = xr.Dataset({name: activity[f"metric_{name}"] for name in METRICS})
        met = constraints_met(metrics, self.settings.plausible)
        loss = 1 - met["meets"].mean("constraint")
        scores = {"loss": loss.mean("trial"), "loss_of_trial": loss, "status": activity["status"]}
        scores["input_rate"] = activity["input_rate"]
        return metrics.assign(met).assign(scores)

    def cost(self, rules: int, trials: int, kept: int = 0) -> Cost:
        """See `Task.cost`."""
        cost, recording, size = super().cost(rules, trials, kept), self.settings.recording, spiking.size(self.settings)
        drawn = min(rules * trials, self.settings.evaluation.draws)
        tables = (drawn - trials) * SYNAPSE_MEMORY * (size.plastic + size.static)
        spikes = rules * trials * (recording.excitatory + recording.inhibitory)
        memory = SPIKE_MEMORY * spikes * PLANNED_RATE * self.settings.protocol.scoring_time
        storage = VALUE_STORAGE * rules * trials * len(METRICS)
        return replace(cost, shared_memory=cost.shared_memory + tables + memory, storage=cost.storage + storage)
