"""The simulation of the tuned-inhibition task."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import xarray as xr

from synapseek_core.engine.records import Recording
from synapseek_core.engine.simulation import simulate
from synapseek_core.files.contracts.activity import SPIKING_ACTIVITY
from synapseek_core.files.contracts.contract import Contract
from synapseek_core.interfaces.costs import COMPRESSED_COUNT, VALUE_STORAGE, Cost
from synapseek_core.interfaces.rules import RuleTable
from synapseek_core.interfaces.task import Simulator
from synapseek_core.neurons.model import TIME_STEP
from synapseek_core.runtime import Compute
from synapseek_core.seeds import Trials
from synapseek_core.tasks.recurrent.activity import COURSES, activity_dataset, statistics_of_others
from synapseek_core.tasks.tuned import records as tuned_records
from synapseek_core.tasks.tuned.network import TunedNetwork
from synapseek_core.tasks.tuned.settings import TunedInhibitionStudy

NUISANCE_UNITS = dict.fromkeys(("input_rate", "background_rate", "modulation_rate"), "Hz")


class TunedInhibitionSimulator(Simulator[TunedInhibitionStudy]):
    """A simulator of rules on the tuned-inhibition task."""

    contract: ClassVar[Contract] = SPIKING_ACTIVITY

    def simulate(self, rules: RuleTable, trials: Trials, compute: Compute) -> xr.Dataset:
        """Return the activity of every rule in every trial; see `Simulator.simulate`."""
        settings, network = self.settings, self.settings.build_network()
        tuned = [TunedNetwork(settings.network, settings.input, trials, trial) for trial in range(trials.count)]
        built = [t.build(self._window(trials, trial)) for trial, t in enumerate(tuned)]
        # All spikes and weights are asked for, as rates and tuning are of single neurons; the file keeps some.
        neurons = settings.network.neurons
        recording = Recording(
            settings.recording.bin_steps,
            tuple(range(neurons)),
            tuple(range(len(rules))),
            settings.input.inhibitory * neurons,
            settings.recording.weight_chunks,
            settings.recording.weight_chunks * settings.recording.statistics_every,
        )
        by_type = settings.rule_space.as_simulated(rules.theta)
        records = simulate(network, built, by_type, recording, compute)
        synapses, width = settings.recording.synapses, settings.recording.bin
        kept = [[tuned_records.kept(r, synapses, rule in rules.kept) for r in row] for rule, row in enumerate(records)]
        nuisance = [{"input_rate": t.signals().mean_rate} | t.nuisance() for t in tuned]
        activity = activity_dataset(
            settings.recording, network, built, nuisance, NUISANCE_UNITS, kept, rules.names, ["scored"]
        )
        rates = tuned_records.neuron_rates(records, neurons, activity.sizes["rate_time"], recording.bin_steps, width)
        return activity.assign(rates | tuned_records.tuning_table(tuned, records))

    def stored(self, activity: xr.Dataset, kept: Sequence[int]) -> xr.Dataset:
        """Return the activity; for rules that are not kept, the rates of single neurons only. See `Simulator.stored`.

        The rules are scored by these rates.
        """
        return statistics_of_others(activity, kept, (*COURSES, "filtered_rate", "inhibitory_tuning"), ())

    def cost(self, rules: int, trials: int, kept: int = 0) -> Cost:
        """Return the cost of simulations; see `Simulator.cost`."""
        settings, protocol, recording = self.settings, self.settings.protocol, self.settings.recording
        duration = protocol.training_time.mean + protocol.scoring_time
        # Of the rates of single neurons most are 0 or one spike in a bin: they take a small part of their bytes.
        rates = COMPRESSED_COUNT * settings.network.neurons * duration / recording.bin
        statistics = rates + recording.statistics_storage(0.0, 1, 1)
        tuning = VALUE_STORAGE * settings.input.signals * duration / recording.weight_interval
        whole = tuning + recording.course_storage(duration, 1)
        return settings.size.cost(rules, trials, duration, trials * (rules * statistics + kept * whole))

    def _window(self, trials: Trials, trial: int) -> tuple[int, int]:
        """Return start and stop of the scored window, in time steps."""
        protocol, recording = self.settings.protocol, self.settings.recording
        training = protocol.training_time.sample(trials.generator(trial, "protocol"))
        start = round(training / recording.bin) * recording.bin_steps
        return start, start + round(protocol.scoring_time / TIME_STEP)
