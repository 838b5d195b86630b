"""The simulation of the familiarity task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
import xarray as xr

from synapseek_core.engine.inputs import PatternSource, Presentation
from synapseek_core.engine.network import Trial
from synapseek_core.files.contracts.activity import SPIKING_ACTIVITY
from synapseek_core.files.datasets import describe
from synapseek_core.seeds import Trials
from synapseek_core.tasks.recurrent.activity import input_spikes
from synapseek_core.tasks.recurrent.patterns import presentations
from synapseek_core.tasks.recurrent.simulator import RecurrentSimulator
from synapseek_core.tasks.recurrent.trial import nuisance_parameters, poisson_source, projections


class FamiliaritySimulator(RecurrentSimulator):
    """A simulator of rules on the familiarity task."""

    nuisance_units: ClassVar[Mapping[str, str]] = {"input_rate": "Hz", "active_rate": "Hz"}

    @property
    def windows(self) -> Sequence[str]:
        """Names of the tests, in order."""
        return self.settings.protocol.test_order

    def with_inputs(self, activity: xr.Dataset, trials: Sequence[Trial]) -> xr.Dataset:
        """Return the activity with spike trains of evenly spaced inputs."""
        settings = self.settings
        inputs = np.linspace(0, settings.input.sources - 1, settings.recording.inputs).astype(int)
        return describe(activity.merge(input_spikes(trials, inputs)), SPIKING_ACTIVITY)

    def build_trial(self, trials: Trials, trial: int, input_rate: float | None) -> tuple[Trial, dict[str, float]]:
        """Return one trial and its nuisance parameters; see `RecurrentSimulator.build_trial`."""
        settings, protocol = self.settings, self.settings.protocol
        nuisance = nuisance_parameters(settings, trials, trial, input_rate)
        draw = trials.generator(trial, "protocol")
        phases = protocol.draw(draw)
        nuisance["active_rate"] = settings.input.active_rate.sample(draw)
        tests = tuple(phases[test] for test in protocol.test_order)
        end = tests[-1][1]
        source = PatternSource(
            poisson_source(settings, trials, trial, nuisance),
            settings.input.additional_rate(nuisance["active_rate"], nuisance["input_rate"]),
            (*presentations(settings.input, phases["training"], draw), *self._tested(phases, draw)),
        )
        frozen = () if protocol.plastic_during_test else ((tests[0][0], end),)
        return Trial(projections(settings, trials, trial, nuisance), source, end, tests, frozen), nuisance

    def _tested(self, phases: Mapping[str, tuple[int, int]], draw: np.random.Generator) -> list[Presentation]:
        """Return the patterns of the tests: one of the familiar patterns, and the novel one."""
        patterns = self.settings.input
        count = patterns.familiar_patterns
        random = self.settings.protocol.tested_pattern == "random"
        shown = {"familiar": int(draw.integers(count)) if random else count - 1, "novel": count}
        return [patterns.presentation(shown[test], *phases[test]) for test in self.settings.protocol.test_order]
