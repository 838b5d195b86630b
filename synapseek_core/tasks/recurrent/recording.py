"""Settings of what simulations of spiking networks keep."""

from __future__ import annotations

from typing import ClassVar

from pydantic import model_validator

from synapseek_core.engine.network import CHUNK_STEPS
from synapseek_core.interfaces.costs import PLANNED_RATE, SPIKE_STORAGE, VALUE_STORAGE
from synapseek_core.neurons.model import TIME_STEP
from synapseek_core.quantities import CHOICE, Settings, quantity

CHUNK = CHUNK_STEPS * TIME_STEP


class RecordingSettings(Settings):
    """Settings of what simulations of spiking networks keep."""

    bin: float = quantity(0.010, "s", "width of the bins of population rates, a divisor of 0.1 s", CHOICE, gt=0)
    synapses: int = quantity(50, "1", "sampled weights a plastic synapse type", CHOICE, ge=1)
    weight_interval: float = quantity(0.1, "s", "time between two samples of the weights, in 0.1 s", CHOICE, gt=0)
    statistics_every: int = quantity(
        10,
        "1",
        "samples of the weights between two with mean and standard deviation of all weights, outside the scored "
        "windows; inside every sample has them",
        CHOICE,
        ge=1,
    )

    @model_validator(mode="after")
    def _divides(self) -> RecordingSettings:
        steps = self.bin / TIME_STEP
        if abs(steps - round(steps)) > 1e-6 or steps < 0.5 or CHUNK_STEPS % round(steps):
            raise ValueError(f"bin = {self.bin:g} s must be a whole number of 0.1 ms steps that divides 0.1 s")
        if abs(self.weight_interval / CHUNK - self.weight_chunks) > 1e-6 or self.weight_chunks < 1:
            raise ValueError(f"weight_interval = {self.weight_interval:g} s must be a multiple of {CHUNK:g} s")
        return self

    @property
    def weight_chunks(self) -> int:
        """Number of chunks between two samples of the weights."""
        return round(self.weight_interval / CHUNK)

    @property
    def bin_steps(self) -> int:
        """Bin width in time steps."""
        return round(self.bin / TIME_STEP)

    def statistics_storage(self, scored_time: float, synapse_types: int, windows: int) -> float:
        """Return the bytes of the statistics of one rule in one trial with `scored_time` s of scored windows.

        They are the filtered rate in these windows, and all variables without a time axis.
        """
        single = 2 + 4 * windows + 3 * synapse_types
        return VALUE_STORAGE * (scored_time / self.bin + single)

    def course_storage(self, duration: float, synapse_types: int) -> float:
        """Return the bytes of the time courses of one rule in one trial of `duration` s: rates, and sampled weights."""
        weights = synapse_types * (2 + self.synapses) * duration / self.weight_interval
        return VALUE_STORAGE * (3 * duration / self.bin + weights)


class RecurrentRecordingSettings(RecordingSettings):
    """Settings of what simulations of recurrent networks keep; spike trains only of the rules that a figure needs.

    Class attribute `spikes_in_windows`: whether spike trains are kept around the scored windows only.
    """

    excitatory: int = quantity(160, "1", "excitatory neurons whose spike trains are kept", CHOICE, ge=0)
    inhibitory: int = quantity(40, "1", "inhibitory neurons whose spike trains are kept", CHOICE, ge=0)

    spikes_in_windows: ClassVar[bool] = False

    def course_storage(self, duration: float, synapse_types: int) -> float:
        """Return the bytes of time courses and of kept spike trains."""
        spikes = (self.excitatory + self.inhibitory) * PLANNED_RATE * duration
        return super().course_storage(duration, synapse_types) + SPIKE_STORAGE * spikes
