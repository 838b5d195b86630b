"""JAX backend: all rules in all trials at once, on any device, in single precision.

Event-driven and exact: a synapse is touched when a spike arrives at it, and when its neuron spikes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np

from synapseek_core.engine.jax_chunk import ChunkOutput, run_chunk
from synapseek_core.engine.jax_inputs import ArrivalPacker, Arrivals
from synapseek_core.engine.jax_state import initial_state
from synapseek_core.engine.jax_statistics import weight_statistics
from synapseek_core.engine.jax_tables import layout_of, networks_at_once, tables_of
from synapseek_core.engine.network import CHUNK_STEPS, Network, Trial
from synapseek_core.engine.records import Record, Recording, Status


def simulate(network: Network, trials: Sequence[Trial], theta: np.ndarray, recording: Recording) -> list[list[Record]]:
    """Simulate every rule in every trial; see `engine.simulate`."""
    records: list[list[Record]] = [[] for _ in theta]
    for some_trials, some_rules in _batches(network, trials, len(theta), recording):
        kept = [rule - some_rules.start for rule in recording.spike_rules if rule in some_rules]
        part = replace(recording, spike_rules=tuple(kept))
        batch = _Batch(network, some_trials, theta[some_rules.start : some_rules.stop], part)
        for rule, of_rule in zip(some_rules, batch.run(), strict=True):
            records[rule] += of_rule
    return records


def _batches(
    network: Network, trials: Sequence[Trial], rules: int, recording: Recording
) -> Iterator[tuple[Sequence[Trial], range]]:
    """Trials and rules to simulate together: mostly all of them."""
    if not trials:
        return
    most = networks_at_once(network, trials, recording)
    n_trials = min(len(trials), most)
    for trial in range(0, len(trials), n_trials):
        for rule in range(0, rules, most // n_trials):
            yield trials[trial : trial + n_trials], range(rule, min(rules, rule + most // n_trials))


class _Batch:
    """All networks of one call, advanced chunk by chunk."""

    def __init__(self, network: Network, trials: Sequence[Trial], theta: np.ndarray, recording: Recording) -> None:
        self.rules, self.recording = len(theta), recording
        self.layout = layout_of(network, trials[0], self.rules, recording)
        self.tables = tables_of(network, trials, theta, recording)
        self.packer = ArrivalPacker(self.layout, trials)
        finite = np.isfinite(theta.astype(np.float32)).all(axis=(1, 2))
        self.state = initial_state(self.layout, self.tables, jnp.tile(finite, len(trials)))
        self.records = [
            Record.empty(len(network.populations), len(self.layout.plastic), trial.steps, recording)
            for trial in trials
            for _ in theta
        ]
        self.spikes: list[list[np.ndarray]] = [[] for _ in self.records]

    def run(self) -> list[list[Record]]:
        """Run until every network is done; returns records[rule][trial]."""
        running = np.asarray(self.state.running)
        self._write_status(np.asarray(self.state.status), np.asarray(self.state.stop_step))
        self._write_weights(0, running)
        chunk, arrivals = 0, self._pack(0, running)
        while running.any():
            first = jnp.int32(chunk * CHUNK_STEPS)
            self.state, output = run_chunk(self.layout, self.tables, self.state, first, arrivals)
            # The device computes while the next chunk's input is drawn.
            arrivals = self._pack(chunk + 1, running)
            output = jax.device_get(output)
            self._write_status(output.status, output.stop_step)
            self._write_activity(chunk, running, output)
            self._write_weights(chunk + 1, running)
            chunk, running = chunk + 1, output.running
        return self._by_rule()

    def _pack(self, chunk: int, running: np.ndarray) -> Arrivals:
        return self.packer.pack(chunk, np.any(running.reshape(-1, self.rules), axis=1))

    def _write_status(self, status: np.ndarray, stop_step: np.ndarray) -> None:
        for record, how, step in zip(self.records, status, stop_step, strict=True):
            record.status, record.stop_step = Status(how), int(step)

    def _write_activity(self, chunk: int, ran: np.ndarray, output: ChunkOutput) -> None:
        """Write what the networks that `ran` (network,) did in a chunk."""
        first = chunk * len(output.counts)
        for network in np.flatnonzero(ran):
            record = self.records[network]
            bins = min(len(output.counts), record.counts.shape[1] - first)
            record.counts[:, first : first + bins] = output.counts[:bins, network].T
            whole = max(0, min(bins, record.stop_step // self.recording.bin_steps - first))
            record.filtered_rate[first : first + whole] = output.rate[:whole, network]
        for kept, network in enumerate(np.asarray(self.tables.raster_networks)):
            raster = output.raster[:, :, kept].reshape(CHUNK_STEPS, -1)
            self.spikes[network].append(np.argwhere(raster) + np.array([chunk * CHUNK_STEPS, 0]))

    def _write_weights(self, sample: int, ran: np.ndarray) -> None:
        """Write the weights of the networks that `ran` (network,), at the end of a chunk."""
        statistics = weight_statistics(self.layout, self.tables, self.state.weights)
        for network in np.flatnonzero(ran):
            record = self.records[network]
            for p, projection in enumerate(self.layout.plastic):
                weights = statistics[projection.name]
                record.at_bounds[p] = weights.at_bounds[network]
                record.final_mean[p], record.final_sd[p] = weights.mean[network], weights.sd[network]
                if record.status == Status.ok:
                    record.weight_mean[p, sample] = weights.mean[network]
                    record.weight_sd[p, sample] = weights.sd[network]
                    record.weight_sample[p, sample] = weights.sample[network]

    def _by_rule(self) -> list[list[Record]]:
        neurons = np.array(self.recording.neurons, np.int64)
        for record, spikes in zip(self.records, self.spikes, strict=True):
            if spikes:
                step, kept = np.concatenate(spikes).T
                record.spikes = np.column_stack([step, neurons[kept]])
        return [self.records[rule :: self.rules] for rule in range(self.rules)]
