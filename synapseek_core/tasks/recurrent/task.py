"""What the tasks on a recurrent spiking network share: the rate that is checked, and the simulation of all trials."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import xarray as xr
from pydantic import model_validator

from synapseek_core.engine.network import RateBounds, Trial
from synapseek_core.files.contracts.activity import SPIKING_ACTIVITY
from synapseek_core.files.contracts.contract import Contract
from synapseek_core.interfaces.costs import Cost
from synapseek_core.interfaces.task import Task
from synapseek_core.quantities import C25, quantity
from synapseek_core.runtime import Compute
from synapseek_core.search.distribution import best_rule
from synapseek_core.seeds import Trials
from synapseek_core.tasks.recurrent import spiking
from synapseek_core.tasks.recurrent.activity import activity_dataset, statistics_of_others
from synapseek_core.theory.function_sensitivity import function_sensitivity


class CheckedProtocol(spiking.Protocol):
    """A protocol during which the filtered excitatory rate is checked."""

    rate_time_constant: float = quantity(1.0, "s", "time constant of the filtered rate", C25, gt=0)
    lowest_rate: float = quantity(0.1, "Hz", "the trial stops as silent below this filtered rate", C25, ge=0)
    highest_rate: float = quantity(
        100.0, "Hz", "the trial stops as runaway above this filtered rate", C25, gt=0, le=spiking.HIGHEST_RATE
    )

    @model_validator(mode="after")
    def _rates_are_ordered(self) -> CheckedProtocol:
        if self.lowest_rate >= self.highest_rate:
            raise ValueError(
                f"lowest_rate = {self.lowest_rate:g} Hz must be below highest_rate = {self.highest_rate:g} Hz"
            )
        return self

    @property
    @abstractmethod
    def mean_duration(self) -> float:
        """Expected duration of a trial, in s."""

    @property
    @abstractmethod
    def scored_time(self) -> float:
        """Duration of all scored windows of a trial, in s."""

    @property
    def bounds(self) -> RateBounds:
        """The check as the engine takes it."""
        return RateBounds("E", self.rate_time_constant, self.lowest_rate, self.highest_rate)


class RecurrentTask(Task):
    """A task on a recurrent spiking network. Its settings have a `protocol` that is a `CheckedProtocol`."""

    activity_contract: ClassVar[Contract] = SPIKING_ACTIVITY
    settings: Any

    @property
    @abstractmethod
    def windows(self) -> Sequence[str]:
        """Names of the scored windows of a trial, in order."""

    @abstractmethod
    def build_trial(self, trials: Trials, trial: int) -> tuple[Trial, dict[str, float]]:
        """One trial, the same for every rule that meets it, and its nuisance parameters."""

    def trials_of(self, names: Sequence[str], trials: Trials) -> list[list[int]] | None:
        """Numbers of the trials that each of these rules meets; None: all meet the same, unless a task says so."""
        return None

    def simulate(
        self,
        theta: np.ndarray,
        names: Sequence[str],
        trials: Trials,
        compute: Compute,
        keep_spikes: Sequence[int] = (),
    ) -> xr.Dataset:
        """Activity of every rule in its trials; see `Task.simulate`."""
        settings = self.settings
        network = spiking.build_network(settings, settings.protocol.bounds)
        own = self.trials_of(names, trials)
        numbers = range(trials.count) if own is None else sorted(set().union(*own))
        built, drawn = zip(*(self.build_trial(trials, trial) for trial in numbers), strict=True)
        positions = None if own is None else [[numbers.index(trial) for trial in rule] for rule in own]
        records = spiking.run(settings, network, built, theta, compute, keep_spikes, positions)
        nuisance: Sequence[Any] = drawn
        if positions is not None:
            built = tuple(built[position] for position in positions[0])
            nuisance = [[drawn[position] for position in rule] for rule in positions]
        activity = activity_dataset(settings.recording, network, built, nuisance, records, names, self.windows)
        return self.with_inputs(activity, built) if keep_spikes else activity

    def degeneracy(self, rules: Mapping[str, xr.Dataset], fitness: Mapping[str, xr.Dataset]) -> xr.Dataset:
        """How much each parameter matters to what the best learned rule does to a synapse."""
        learned, scored = rules["learned"], fitness["learned"]
        best = best_rule(learned, scored)
        weights = scored["final_weight_mean"].sel(rule=best).mean("trial").values
        space = self.settings.rule_space
        bounds = np.array(space.expand(self.settings.prior.bounds, "prior.bounds"))
        return function_sensitivity(space, bounds, learned["theta"].sel(rule=best).values, weights)

    def stored(self, activity: xr.Dataset, kept: Sequence[int]) -> xr.Dataset:
        """Of rules that are not kept the statistics; see `Task.stored`."""
        return statistics_of_others(activity, kept)

    def cost(self, rules: int, trials: int, kept: int = 0) -> Cost:
        """See `Task.cost`."""
        settings, protocol = self.settings, self.settings.protocol
        recording, types = settings.recording, len(settings.plasticity.synapse_types)
        statistics = recording.statistics_storage(protocol.scored_time, types, len(self.windows))
        whole = recording.course_storage(protocol.mean_duration, types)
        storage = trials * (rules * statistics + kept * whole)
        return spiking.size(settings).cost(rules, trials, protocol.mean_duration, storage)

    def with_inputs(self, activity: xr.Dataset, trials: Sequence[Trial]) -> xr.Dataset:
        """The activity with what a task keeps of the inputs where spike trains are kept; nothing unless it says so."""
        return activity
