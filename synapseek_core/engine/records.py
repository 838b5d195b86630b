"""The records of one rule in one trial that a backend returns, and the settings of what it records."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int32, Int64

from synapseek_core.engine.network import CHUNK_STEPS, Network, Projection, Trial
from synapseek_core.engine.network_state import NetworkState
from synapseek_core.errors import ConfigurationError
from synapseek_core.neurons.model import TIME_STEP
from synapseek_core.status import Status


@dataclass(frozen=True)
class Recording:
    """Settings of what to keep of every simulation.

    Attributes:
        bin_steps: width of the bins of population spike counts, in time steps; divides CHUNK_STEPS.
        neurons: ids of the neurons whose spike trains are kept.
        spike_rules: indices of the rules for which they are kept.
        synapses: number of synapses a plastic projection whose weights are sampled, evenly spaced in the table.
        weight_chunks: chunks between two samples of the weights.
        statistics_chunks: chunks between two statistics of all weights outside the windows of the trial, a multiple of
            `weight_chunks`; inside there are some with every sample.
        spikes_in_windows: whether spike trains are kept in the chunks that a window of the trial reaches into only.
        state_rules: indices of the rules whose networks are saved at the end of their trials, which then last whole
            chunks.
    """

    bin_steps: int = 100
    neurons: tuple[int, ...] = ()
    spike_rules: tuple[int, ...] = ()
    synapses: int = 0
    weight_chunks: int = 1
    statistics_chunks: int = 1
    spikes_in_windows: bool = False
    state_rules: tuple[int, ...] = ()

    def bins(self, steps: int) -> int:
        """Return the number of bins that contain `steps` time steps."""
        return -(-steps // self.bin_steps)

    def weight_samples(self, steps: int) -> int:
        """Return the number of samples of the weights in `steps` time steps, the initial one included."""
        return -(-steps // CHUNK_STEPS) // self.weight_chunks + 1

    def keeps_spikes(self, trial: Trial, chunk: int) -> bool:
        """Return whether kept spike trains are recorded in a chunk of a trial."""
        first, last = chunk * CHUNK_STEPS, (chunk + 1) * CHUNK_STEPS
        return not self.spikes_in_windows or any(start < last and first < stop for start, stop in trial.windows)

    def has_statistics(self, trial: Trial, chunks: int) -> bool:
        """Return whether statistics of all weights come with the sample after so many chunks of a trial."""
        step = chunks * CHUNK_STEPS
        return chunks % self.statistics_chunks == 0 or any(start <= step <= stop for start, stop in trial.windows)

    def check_saving(self, trials: Iterable[Trial]) -> None:
        """Refuse to save networks at the ends of trials that end within a chunk.

        Raises:
            ConfigurationError: a trial ends within a chunk.
        """
        for trial in trials:
            if trial.steps % CHUNK_STEPS:
                raise ConfigurationError(
                    f"a network is saved after a multiple of {CHUNK_STEPS} time steps only, not after {trial.steps}"
                )

    def synapse_ids(self, projection: Projection) -> np.ndarray:
        """Return which synapses of a projection are sampled."""
        return np.linspace(0, len(projection.targets) - 1, self.synapses).astype(np.int64)


@dataclass
class Record:
    """Record of one rule in one trial.

    Attributes:
        status: how it ended.
        stop_step: time step at which it was stopped, or the trial's duration.
        counts: (population, bin) spikes; bins after the stop are 0.
        filtered_rate: (bin,) filtered rate of the monitored population at the end of each bin, in Hz; NaN after
            the stop.
        weight_mean, weight_sd: (projection, sample) over all synapses, every `weight_chunks` from time 0; NaN after
            the stop, and where there are no statistics.
        weight_sample: (projection, sample, synapse) of the sampled synapses.
        final_mean, final_sd: (projection,) over all synapses, when the trial ended or was stopped.
        window_counts: (window, neuron) spikes in the windows of the trial, up to the stop.
        at_bounds: (projection,) share of the final weights at 0 or the maximum (see `constants.AT_BOUND`).
        spikes: (spikes, 2) time step and neuron id of the kept spike trains.
        state: the network at the end of the trial; None if it was not asked for, or the trial was stopped.
    """

    status: Status
    stop_step: int
    counts: Int32[np.ndarray, "population bin"]
    filtered_rate: Float32[np.ndarray, " bin"]
    window_counts: Int32[np.ndarray, "window neuron"]
    weight_mean: Float32[np.ndarray, "projection sample"]
    weight_sd: Float32[np.ndarray, "projection sample"]
    weight_sample: Float32[np.ndarray, "projection sample synapse"]
    final_mean: Float32[np.ndarray, " projection"]
    final_sd: Float32[np.ndarray, " projection"]
    at_bounds: Float32[np.ndarray, " projection"]
    spikes: Int64[np.ndarray, "spikes 2"]
    state: NetworkState | None = None

    @classmethod
    def empty(cls, network: Network, trial: Trial, recording: Recording) -> Record:
        """Return the record of a trial that has not begun."""
        bins, projections = recording.bins(trial.steps), len(trial.plastic)
        weights = np.full((projections, recording.weight_samples(trial.steps)), np.nan, np.float32)
        return cls(
            status=Status.ok,
            stop_step=trial.steps,
            counts=np.zeros((len(network.populations), bins), np.int32),
            filtered_rate=np.full(bins, np.nan, np.float32),
            window_counts=np.zeros((len(trial.windows), network.n_neurons), np.int32),
            weight_mean=weights,
            weight_sd=weights.copy(),
            weight_sample=np.full((*weights.shape, recording.synapses), np.nan, np.float32),
            final_mean=np.full(projections, np.nan, np.float32),
            final_sd=np.full(projections, np.nan, np.float32),
            at_bounds=np.full(projections, np.nan, np.float32),
            spikes=np.empty((0, 2), np.int64),
        )

    @property
    def stop_time(self) -> float:
        """Time at which the trial ended, in s."""
        return self.stop_step * TIME_STEP
