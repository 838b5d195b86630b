"""Tuned inhibition: a rule of inhibitory plasticity must bring a neuron with tuned excitation to a target rate.

A conductance-based leaky integrate-and-fire neuron (the TIF neuron) receives 800 excitatory and 200 inhibitory Poisson
inputs in 8 groups of 100 + 25; each group follows a slow signal of its own. Excitatory weights are tuned over the
groups and fixed, inhibitory weights start small, all equal, and are plastic. After training, r(t), the exponentially
filtered rate of the neuron, is scored:

    loss = mean over time of (r - r_target)^2 / (r + 0.1)

The published set-up is one neuron. Neurons do not act on each other, so several at a time, each preferring another
signal, are as many repetitions of it for little more than the cost of one; the loss is their mean.
Source: Confavreux et al., NeurIPS 2020 (task); Vogels et al., Science 2011 (set-up).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import xarray as xr
from pydantic import Field

from synapseek_core.engine.network import Network, RateBounds
from synapseek_core.engine.records import Recording
from synapseek_core.engine.simulation import simulate
from synapseek_core.files.contracts.activity import SPIKING_ACTIVITY
from synapseek_core.files.contracts.contract import Contract
from synapseek_core.interfaces.costs import COMPRESSED_COUNT, VALUE_STORAGE, Cost, SpikingNetwork, plasticity_effort
from synapseek_core.interfaces.study import (
    StudySettings,
)
from synapseek_core.interfaces.task import Task
from synapseek_core.neurons.model import TIME_STEP
from synapseek_core.plasticity.family import RuleFamily
from synapseek_core.quantities import C20, CHOICE, Distribution, quantity, uniform
from synapseek_core.rule_sets.solutions import signed_displacements, solutions
from synapseek_core.runtime import Compute
from synapseek_core.seeds import Trials
from synapseek_core.status import Status
from synapseek_core.tasks.recurrent import spiking
from synapseek_core.tasks.recurrent.activity import COURSES, activity_dataset, inside_windows, statistics_of_others
from synapseek_core.tasks.tuned import records as tuned_records
from synapseek_core.tasks.tuned.network import SignalInputSettings, TunedNetwork, TunedNetworkSettings, units
from synapseek_core.theory.manifold import PairRuleManifold, cloud_table
from synapseek_core.theory.mean_field import mean_field_table, pair_rule_rate

OUT_OF_REACH = 1e4
"""Bounds on the rate, in Hz, that no neuron reaches: no trial is stopped."""


class TunedInhibitionProtocol(spiking.Protocol):
    """Training, then scoring."""

    training_time: Distribution = quantity(
        uniform(4.0, 5.0), "s", "time before scoring, rounded to a recording bin", CHOICE
    )
    scoring_time: float = quantity(2.0, "s", "scored time", CHOICE, gt=0)
    target_rate: float = quantity(10.0, "Hz", "wanted rate of the neuron", CHOICE, gt=0)
    rate_time_constant: float = quantity(1.0, "s", "time constant of the filtered rate", CHOICE, gt=0)
    loss_offset: float = quantity(0.1, "Hz", "added to the rate in the loss's denominator", C20, gt=0)


class InhibitoryPlasticity(spiking.SpikingPlasticity):
    """Only the inhibitory synapses are plastic, by the rule that mean-field theory knows."""

    families: ClassVar[Mapping[str, RuleFamily]] = {"pair": spiking.SPIKING_FAMILIES["pair"]}
    types: ClassVar[tuple[str, ...]] = ("IE",)


class TunedInhibitionStudy(StudySettings):
    """Settings of a tuned-inhibition study."""

    search_methods: ClassVar[tuple[str, ...]] = ("cma_es", "stein_variational_cma_es")

    plasticity: InhibitoryPlasticity = Field(default_factory=InhibitoryPlasticity)
    network: TunedNetworkSettings = Field(default_factory=TunedNetworkSettings)
    input: SignalInputSettings = Field(default_factory=SignalInputSettings)
    recording: spiking.RecordingSettings = Field(default_factory=spiking.RecordingSettings)
    protocol: TunedInhibitionProtocol = Field(default_factory=TunedInhibitionProtocol)

    @property
    def task_sections(self) -> tuple[str, ...]:
        """Sections that a simulation depends on."""
        return ("network", "input", "recording", "protocol")

    def check_simulation(self, key: str) -> None:
        """Check that there is something to score; see `StudySettings.check_simulation`."""
        spiking.check_window(self.protocol.scoring_time, self.recording.bin, key)

    @property
    def mean_field_manifold(self) -> PairRuleManifold:
        """The rules that hold the target rate at the mean rate of the inputs."""
        signals = self.input.background.mean + self.input.modulation.mean / float(np.sqrt(2 * np.pi))
        return PairRuleManifold(signals, self.protocol.target_rate)

    @property
    def size(self) -> SpikingNetwork:
        """Size of the network; all synapses are those of inputs."""
        inputs, neurons = self.input, self.network.neurons
        rate = self.mean_field_manifold.presynaptic_rate
        return SpikingNetwork(
            neurons=neurons,
            inputs=inputs.excitatory + inputs.inhibitory,
            input_rate=rate,
            plastic=inputs.inhibitory * neurons,
            plastic_rate=rate,
            static=inputs.excitatory * neurons,
            static_rate=rate,
            effort=plasticity_effort(spiking.SPIKING_FAMILIES[self.plasticity.family]),
        )

    def build_network(self) -> Network:
        """What all trials share."""
        group = units(self.network, self.input)
        return Network(
            neuron=self.network.neuron.build(),
            populations=(group["E"],),
            n_sources=self.input.excitatory + self.input.inhibitory,
            family=self.plasticity.rule_family,
            plastic=self.plasticity.synapse_types,
            bounds=RateBounds("E", self.protocol.rate_time_constant, -OUT_OF_REACH, OUT_OF_REACH),
        )


class TunedInhibitionTask(Task):
    """Simulates and scores rules on the tuned-inhibition task."""

    name: ClassVar[str] = "tuned_inhibition"
    activity_contract: ClassVar[Contract] = SPIKING_ACTIVITY
    settings: TunedInhibitionStudy

    def simulate(
        self,
        theta: np.ndarray,
        names: Sequence[str],
        trials: Trials,
        compute: Compute,
        keep_spikes: Sequence[int] = (),
    ) -> xr.Dataset:
        """Activity of every rule in every trial; see `Task.simulate`."""
        settings, network = self.settings, self.settings.build_network()
        tuned = [TunedNetwork(settings.network, settings.input, trials, trial) for trial in range(trials.count)]
        built = [t.build(self._window(trials, trial)) for trial, t in enumerate(tuned)]
        # All spikes and weights are asked for, as rates and tuning are of single neurons; the file keeps some.
        neurons = settings.network.neurons
        recording = Recording(
            settings.recording.bin_steps,
            tuple(range(neurons)),
            tuple(range(len(theta))),
            settings.input.inhibitory * neurons,
            settings.recording.weight_chunks,
        )
        by_type = settings.rule_space.as_simulated(theta)
        records = simulate(network, built, by_type, recording, compute)
        synapses, width = settings.recording.synapses, settings.recording.bin
        kept = [[tuned_records.kept(r, synapses, rule in keep_spikes) for r in row] for rule, row in enumerate(records)]
        nuisance = [{"input_rate": t.signals().mean_rate} | t.nuisance() for t in tuned]
        activity = activity_dataset(settings.recording, network, built, nuisance, kept, names, ["scored"])
        rates = tuned_records.neuron_rates(records, neurons, activity.sizes["time"], recording.bin_steps, width)
        return activity.assign(rates | tuned_records.tuning_table(tuned, records))

    def stored(self, activity: xr.Dataset, kept: Sequence[int]) -> xr.Dataset:
        """Of rules that are not kept the rates of single neurons, by which they are scored; see `Task.stored`."""
        return statistics_of_others(activity, kept, (*COURSES, "filtered_rate", "inhibitory_tuning"), ())

    def cost(self, rules: int, trials: int, kept: int = 0) -> Cost:
        """See `Task.cost`."""
        settings, protocol, recording = self.settings, self.settings.protocol, self.settings.recording
        duration = protocol.training_time.mean + protocol.scoring_time
        # Of the rates of single neurons most are 0 or one spike in a bin: they take a small part of their bytes.
        rates = COMPRESSED_COUNT * settings.network.neurons * duration / recording.bin
        statistics = rates + recording.statistics_storage(0.0, 1, 1)
        tuning = VALUE_STORAGE * settings.input.signals * duration / recording.weight_interval
        whole = tuning + recording.course_storage(duration, 1)
        return settings.size.cost(rules, trials, duration, trials * (rules * statistics + kept * whole))

    def _window(self, trials: Trials, trial: int) -> tuple[int, int]:
        """Start and stop of the scored window, in time steps."""
        protocol, recording = self.settings.protocol, self.settings.recording
        training = protocol.training_time.sample(trials.generator(trial, "protocol"))
        start = round(training / recording.bin) * recording.bin_steps
        return start, start + round(protocol.scoring_time / TIME_STEP)

    def evaluate(self, activity: xr.Dataset) -> xr.Dataset:
        """Loss, rate and tuning of every rule. A rule that is no number costs as much as one that silences."""
        protocol = self.settings.protocol
        inside = inside_windows(activity).isel(window=0, drop=True)
        rate = self._filtered(activity["neuron_rate"]).where(inside)
        scored = ((rate - protocol.target_rate) ** 2 / (rate + protocol.loss_offset)).mean(("time", "neuron"))
        silent = protocol.target_rate**2 / protocol.loss_offset
        loss = scored.where(activity["status"] == Status.ok, silent).transpose("rule", "trial")
        rates = activity["window_rate"].isel(window=0, drop=True)
        rates.attrs = {"units": "Hz", "long_name": "mean rate in the scored window; missing where stopped before"}
        return xr.Dataset(
            {
                "loss": loss.mean("trial"),
                "loss_of_trial": loss,
                "rate": rates.where(activity["status"] == Status.ok),
                **{
                    name: activity[name] for name in ("status", "input_rate", "final_weight_mean", "tuning_correlation")
                },
            }
        )

    def _filtered(self, rate: xr.DataArray) -> xr.DataArray:
        """The rate through an exponential filter, from 0 at the start of the trial."""
        # Here: a fifth of the time that every job needs to start.
        from scipy.signal import lfilter

        kept = np.exp(-self.settings.recording.bin / self.settings.protocol.rate_time_constant)
        return rate.copy(data=lfilter([1 - kept], [1, -kept], rate.values, axis=rate.get_axis_num("time")))

    def degeneracy(self, rules: Mapping[str, xr.Dataset], fitness: Mapping[str, xr.Dataset]) -> xr.Dataset:
        """Mean-field rate of every rule beside the simulated one, and the cloud of solutions beside the manifold."""
        predicted = {
            name: pair_rule_rate(rules[name]["theta"].values[:, None, :], fitness[name]["input_rate"].values)
            for name in rules
        }
        return mean_field_table(predicted, fitness, "E").assign(self._cloud(rules, fitness))

    def _cloud(self, rules: Mapping[str, xr.Dataset], fitness: Mapping[str, xr.Dataset]) -> dict[str, Any]:
        space, steps = self.settings.rule_space, signed_displacements(self.settings)
        coordinates = {name: space.to_coordinates(table["theta"].values) for name, table in rules.items()}
        moved = coordinates["manifold"].reshape(-1, len(steps), len(space.names))
        cloud = solutions(self.settings, rules["learned"], fitness["learned"])
        everything = np.concatenate(list(coordinates.values()))
        rate = fitness["manifold"]["rate"].sel(population="E").mean("trial")
        dims, shape = ("manifold_axis", "displacement"), moved.shape[:2]
        along = {
            "loss_along_manifold": (fitness["manifold"]["loss"], "1", "loss of rules moved along the axis"),
            "rate_along_manifold": (rate, "Hz", "rate of the neurons under rules moved along the axis"),
        }
        return {
            **cloud_table(self.settings.mean_field_manifold, everything, cloud, moved[0, len(steps) // 2]),
            **{
                name: (dims, values.values.reshape(shape), {"units": units, "long_name": text})
                for name, (values, units, text) in along.items()
            },
            "displacement": ("displacement", steps),
        }
