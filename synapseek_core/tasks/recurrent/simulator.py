"""Common part of the tasks on a recurrent spiking network: the simulation of all trials."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import xarray as xr

from synapseek_core.engine.network import Trial
from synapseek_core.files.contracts.activity import SPIKING_ACTIVITY
from synapseek_core.files.contracts.contract import Contract
from synapseek_core.interfaces.costs import Cost
from synapseek_core.interfaces.rules import RuleTable
from synapseek_core.interfaces.task import Simulator
from synapseek_core.runtime import Compute
from synapseek_core.seeds import Trials
from synapseek_core.tasks.recurrent import spiking
from synapseek_core.tasks.recurrent.activity import activity_dataset, statistics_of_others
from synapseek_core.tasks.recurrent.meetings import Meetings, shared_trials


class RecurrentSimulator(Simulator[Any]):
    """A simulator of rules in a recurrent spiking network. Its settings have a `protocol` that is a `CheckedProtocol`.

    Class attribute `nuisance_units`: units of the nuisance parameters that have one.
    """

    contract: ClassVar[Contract] = SPIKING_ACTIVITY
    nuisance_units: ClassVar[Mapping[str, str]] = {"input_rate": "Hz"}

    @property
    @abstractmethod
    def windows(self) -> Sequence[str]:
        """Names of the scored windows of a trial, in order."""

    @abstractmethod
    def build_trial(self, trials: Trials, trial: int, input_rate: float | None) -> tuple[Trial, dict[str, float]]:
        """Return one trial and its nuisance parameters, the same for every rule that is evaluated on it.

        Args:
            trial: number of the trial.
            input_rate: background rate in Hz of the inputs, in place of the one that the trial draws.
        """

    def meetings(self, rules: RuleTable, trials: Trials) -> Meetings:
        """Return the trials that each rule is evaluated on: the same for all, unless a task says otherwise."""
        return shared_trials(rules, trials.count)

    def simulate(self, rules: RuleTable, trials: Trials, compute: Compute) -> xr.Dataset:
        """Return the activity of every rule in its trials; see `Simulator.simulate`."""
        settings, meetings = self.settings, self.meetings(rules, trials)
        network = spiking.build_network(settings, settings.protocol.bounds)
        built, drawn = zip(*(self.build_trial(trials, *meeting) for meeting in meetings.distinct), strict=True)
        records = spiking.run(settings, network, built, rules, compute, meetings.of_rules)
        nuisance: Any = drawn
        if meetings.differ:
            nuisance = [[drawn[position] for position in rule] for rule in meetings.of_rules]
        shown = [built[position] for position in meetings.of_rules[0]]
        activity = activity_dataset(
            settings.recording, network, shown, nuisance, self.nuisance_units, records, rules.names, self.windows
        )
        return self.with_inputs(activity, shown) if rules.kept else activity

    def stored(self, activity: xr.Dataset, kept: Sequence[int]) -> xr.Dataset:
        """Return the activity with only the statistics of rules that are not kept; see `Simulator.stored`."""
        return statistics_of_others(activity, kept)

    def cost(self, rules: int, trials: int, kept: int = 0) -> Cost:
        """Return the cost of simulations; see `Simulator.cost`."""
        settings, protocol = self.settings, self.settings.protocol
        recording, types = settings.recording, len(settings.plasticity.synapse_types)
        statistics = recording.statistics_storage(protocol.scored_time, types, len(self.windows))
        whole = recording.course_storage(protocol.mean_duration, types)
        storage = trials * (rules * statistics + kept * whole)
        return spiking.size(settings).cost(rules, trials, protocol.mean_duration, storage)

    def with_inputs(self, activity: xr.Dataset, trials: Sequence[Trial]) -> xr.Dataset:
        """Return the activity with the stored spikes of inputs beside those of neurons; none unless a task adds any."""
        return activity
