"""Stability: a plasticity rule must bring a recurrent spiking network to a target rate and hold it there.

Each trial draws network, input rate, weights and training time. After training, r(t), the excitatory rate filtered
with a time constant of 1 s, is scored for 5 s:

    loss = mean over time of (r - r_target)^2 / (r + 2)

A trial whose r leaves its bounds stops at t_b and costs 160 (exp(-t_b / T) + 1), T being its planned duration.
Source: Confavreux et al., PLoS Comput Biol 21(4) e1012910, 2025 (program `CheckerScorer_Stability` for the constants).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import xarray as xr
from pydantic import Field

from synapseek_core.analysis.mean_field import mean_field_table, pair_rule_rate
from synapseek_core.config import GeneralisationSettings, PriorSettings
from synapseek_core.engine.network import Trial
from synapseek_core.engine.records import Status
from synapseek_core.quantities import C23, C25, Distribution, quantity, uniform
from synapseek_core.search.settings import CMAESSettings
from synapseek_core.seeds import Trials
from synapseek_core.tasks import spiking
from synapseek_core.tasks.recurrent import CheckedProtocol, RecurrentTask
from synapseek_core.tasks.recurrent_trial import trial_with_one_window
from synapseek_core.tasks.spiking_activity import inside_windows
from synapseek_core.tasks.task import StudyDefinition


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

    references: ClassVar[str] = C25
    sources: ClassVar[dict[str, str]] = {"search.cma_es.start": C25, "prior.bounds": C23, "published_run": C25}
    # In-degrees are those of the published network: 160 E, 40 I and 250 inputs a neuron. Training is a fifth as long,
    # so the learning rate is five times as high: a rule moves the weights as far.
    preview: ClassVar[dict[str, Any]] = {
        "network": {"excitatory": 800, "inhibitory": 200, "connection_probability": 0.2, "learning_rate": 0.05},
        "protocol": {"training_time": {"low": 6.0, "high": 9.0}, "scoring_time": 3.0},
        "prior": {"samples": 32},
        # A wider start than the published one: a preview has 24 generations, not 400. More rules and fewer trials than
        # published leave fewer searches in a local optimum (alpha > 0, beta < 0). Time constants that drift below the
        # prior's would leave mean-field theory, hence the boundary.
        "search": {
            "cma_es": {
                "step_size": 0.3,
                "population_size": 16,
                "generations": 24,
                "trials": 4,
                "restarts": 3,
                "chunk": 8,
                "boundary_penalty": 10.0,
            }
        },
        "evaluation": {"trials": 6},
        "generalisation": {"trials": 4},
        "degeneracy": {"solved_loss": 0.2},
    }

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


def _study(synapse_type: str, published_run: str | None = None) -> StudyDefinition:
    """The stability study in which one synapse type is plastic."""
    return StudyDefinition(
        StabilityStudy(
            published_run=published_run,
            plasticity=spiking.SpikingPlasticity(synapse_types=(synapse_type,)),
            network=spiking.NetworkSettings(weight=spiking.initial_weights((synapse_type,))),
            prior=PriorSettings(bounds=spiking.PAIR_RULE_BOUNDS),
            search={"cma_es": CMAESSettings(start=spiking.NO_PLASTICITY)},
            generalisation=GeneralisationSettings(
                conditions={"stability": {}, "familiarity": {"base": f"familiarity_{synapse_type}"}}
            ),
        ),
        StabilityTask,
        ("learning_curves", "activity", "spike_timing_window", "degeneracy"),
    )


STABILITY_EE = _study("EE", "2309171319_bg_TIF_EE_6pPol")
STABILITY_EI = _study("EI")
STABILITY_IE = _study("IE", "2212091405_bg_TIF_IE_6pPol")
STABILITY_II = _study("II")
