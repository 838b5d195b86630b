"""The simulation of families of rules, and the metrics of the activity of their networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import xarray as xr

from synapseek_core.engine.network import Trial
from synapseek_core.interfaces.costs import PLANNED_RATE, SYNAPSE_MEMORY, VALUE_STORAGE, Cost
from synapseek_core.interfaces.rules import RuleTable
from synapseek_core.runtime import Compute
from synapseek_core.seeds import Trials
from synapseek_core.tasks.recurrent import spiking
from synapseek_core.tasks.recurrent.meetings import Meetings, own_trials
from synapseek_core.tasks.recurrent.recorded_window import metrics_of_networks
from synapseek_core.tasks.recurrent.simulator import RecurrentSimulator
from synapseek_core.tasks.recurrent.trial import trial_with_one_window

SPIKE_MEMORY = 64.0
"""Bytes of a spike while it is measured."""


class FamiliesSimulator(RecurrentSimulator):
    """A simulator of families of rules that measures the activity."""

    @property
    def windows(self) -> Sequence[str]:
        """Name of the one window, at the end."""
        return ("recorded",)

    def build_trial(self, trials: Trials, trial: int, input_rate: float | None) -> tuple[Trial, dict[str, float]]:
        """Return one trial and its nuisance parameters; see `RecurrentSimulator.build_trial`."""
        protocol = self.settings.protocol
        return trial_with_one_window(
            self.settings, trials, trial, protocol.training_time, protocol.scoring_time, input_rate
        )

    def meetings(self, rules: RuleTable, trials: Trials) -> Meetings:
        """Return the trials that each rule is evaluated on, which do not depend on the other rules."""
        return own_trials(rules, trials.count, self.settings.evaluation.draws)

    def simulate(self, rules: RuleTable, trials: Trials, compute: Compute) -> xr.Dataset:
        """Return the activity of every rule in its trials, with its metrics as `metric_<name>`; see `Simulator`."""
        settings = self.settings
        activity = super().simulate(replace(rules, kept=tuple(range(len(rules)))), trials, compute)
        measured = metrics_of_networks(
            activity,
            settings.recording.metrics,
            spiking.recorded_neurons(settings),
            settings.network.excitatory,
            settings.plasticity.learning_types,
        )
        kept = np.isin(activity["spike_rule"].values, rules.kept)
        return activity.assign(measured).isel(spike=kept)

    def cost(self, rules: int, trials: int, kept: int = 0) -> Cost:
        """Return the cost of simulations; see `Simulator.cost`."""
        cost, recording, size = super().cost(rules, trials, kept), self.settings.recording, spiking.size(self.settings)
        drawn = min(rules * trials, self.settings.evaluation.draws)
        tables = (drawn - trials) * SYNAPSE_MEMORY * (size.plastic + size.static)
        spikes = rules * trials * (recording.excitatory + recording.inhibitory)
        memory = SPIKE_MEMORY * spikes * PLANNED_RATE * self.settings.protocol.scoring_time
        storage = VALUE_STORAGE * rules * trials * len(recording.metrics)
        return replace(cost, shared_memory=cost.shared_memory + tables + memory, storage=cost.storage + storage)
