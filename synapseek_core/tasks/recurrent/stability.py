"""Stability: a plasticity rule must bring a recurrent spiking network to a target rate and hold it there.

Each trial draws network, input rate, weights and training time. After training, r(t), the excitatory rate filtered
with a time constant of 1 s, is scored for 5 s:

    loss = mean over time of (r - r_target)^2 / (r + 2)

A trial whose r leaves its bounds stops at t_b and costs 160 (exp(-t_b / T) + 1), T being its planned duration.
Source: Confavreux et al., PLoS Comput Biol 21(4) e1012910, 2025 (program `CheckerScorer_Stability` for the constants).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
import xarray as xr
from pydantic import Field

from synapseek_core.engine.network import Trial
from synapseek_core.quantities import C25, Distribution, quantity, uniform
from synapseek_core.seeds import Trials
from synapseek_core.status import Status
from synapseek_core.tasks.recurrent import spiking
from synapseek_core.tasks.recurrent.activity import inside_windows
from synapseek_core.tasks.recurrent.task import CheckedProtocol, RecurrentTask
from synapseek_core.tasks.recurrent.trial import trial_with_one_window
from synapseek_core.theory.mean_field import mean_field_table, pair_rule_rate


class StabilityProtocol(CheckedProtocol):
    """Training, then scoring."""

    training_time: Distribution = quantity(
        uniform(30.0, 45.0), "s", "time before scoring, rounded to a recording bin", C25
    )
    scoring_time: float = quantity(5.0, "s", "scored time", C25, gt=0)
    target_rate: float = quantity(10.0, "Hz", "wanted excitatory rate", C25, gt=0)
    loss_offset: float = quantity(2.0, "Hz", "added to the rate in the loss's denominator", C25, gt=0)
    stop_penalty: float = quantity(160.0, "1", "scale of the loss of a stopped trial", C25, ge=0)

    @property
    def mean_duration(self) -> float:
        """Expected duration of a trial, in s."""
        return self.training_time.mean + self.scoring_time

    @property
    def scored_time(self) -> float:
        """Duration of the scored window, in s."""
        return self.scoring_time


class StabilityStudy(spiking.SpikingStudy):
    """Settings of a stability study."""

    input: spiking.RandomInputSettings = Field(default_factory=spiking.RandomInputSettings)
    protocol: StabilityProtocol = Field(default_factory=StabilityProtocol)

    def check_simulation(self, key: str) -> None:
        """Check too that there is something to score; see `StudySettings.check_simulation`."""
        super().check_simulation(key)
        spiking.check_window(self.protocol.scoring_time, self.recording.bin, key)


class StabilityTask(RecurrentTask):
    """Simulates and scores rules on the stability task."""

    name: ClassVar[str] = "stability"
    settings: StabilityStudy

    @property
    def windows(self) -> Sequence[str]:
        """One window, at the end."""
        return ("scored",)

    def build_trial(self, trials: Trials, trial: int) -> tuple[Trial, dict[str, float]]:
        """One trial, and its nuisance parameters."""
        training_time = self.settings.protocol.training_time.sample(trials.generator(trial, "protocol"))
        return trial_with_one_window(self.settings, trials, trial, training_time)

    def evaluate(self, activity: xr.Dataset) -> xr.Dataset:
        """Loss and window rates of every rule."""
        protocol = self.settings.protocol
        inside = inside_windows(activity).isel(window=0, drop=True)
        rate = activity["filtered_rate"].where(inside)
        scored = ((rate - protocol.target_rate) ** 2 / (rate + protocol.loss_offset)).mean("time")
        stopped = protocol.stop_penalty * (np.exp(-activity["stop_time"] / activity["duration"]) + 1)
        loss = scored.where(activity["status"] == Status.ok, stopped).transpose("rule", "trial")
        rates = activity["window_rate"].isel(window=0, drop=True)
        rates.attrs = {"units": "Hz", "long_name": "mean rate in the scored window; missing where stopped before"}
        return xr.Dataset(
            {
                "loss": loss.mean("trial"),
                "loss_of_trial": loss,
                "status": activity["status"],
                "rate": rates.where(activity["status"] == Status.ok),
                "rate_sd": activity["rate_sd"].isel(window=0, drop=True),
                "final_weight_mean": activity["final_weight_mean"],
                "final_weight_sd": activity["final_weight_sd"],
            }
        )

    def degeneracy(self, rules: Mapping[str, xr.Dataset], fitness: Mapping[str, xr.Dataset]) -> xr.Dataset:
        """Mean-field rate of every rule beside the simulated one, and what `RecurrentTask` adds."""
        predicted = {name: self.mean_field_rate(rules[name]["theta"].values, fitness[name]) for name in rules}
        rates = mean_field_table(predicted, fitness, self.settings.plasticity.synapse_types[0][1])
        return rates.merge(super().degeneracy(rules, fitness))

    def mean_field_rate(self, theta: np.ndarray, fitness: xr.Dataset) -> np.ndarray | None:
        """Predicted postsynaptic rate (rule, trial) in Hz of the one plastic synapse type; None if there are more."""
        types = self.settings.plasticity.synapse_types
        if len(types) != 1 or self.settings.plasticity.family != "pair":
            return None
        presynaptic = fitness[["rate", "rate_sd"]].sel(population=types[0][0])
        return pair_rule_rate(np.asarray(theta)[:, None, :], presynaptic["rate"].values, presynaptic["rate_sd"].values)
