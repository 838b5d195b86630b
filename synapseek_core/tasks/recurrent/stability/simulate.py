"""The simulation of the stability task."""

from __future__ import annotations

from collections.abc import Sequence

from synapseek_core.engine.network import Trial
from synapseek_core.seeds import Trials
from synapseek_core.tasks.recurrent.simulator import RecurrentSimulator
from synapseek_core.tasks.recurrent.trial import trial_with_one_window


class StabilitySimulator(RecurrentSimulator):
    """A simulator of rules on the stability task."""

    @property
    def windows(self) -> Sequence[str]:
        """Name of the one window, at the end."""
        return ("scored",)

    def build_trial(self, trials: Trials, trial: int, input_rate: float | None) -> tuple[Trial, dict[str, float]]:
        """Return one trial and its nuisance parameters; see `RecurrentSimulator.build_trial`."""
        protocol = self.settings.protocol
        training_time = protocol.training_time.sample(trials.generator(trial, "protocol"))
        return trial_with_one_window(self.settings, trials, trial, training_time, protocol.scoring_time, input_rate)
