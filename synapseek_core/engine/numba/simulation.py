"""One rule in one trial on the CPU."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType

import numpy as np

from synapseek_core.engine.forms import Form
from synapseek_core.engine.network import CHUNK_STEPS, Network, Trial
from synapseek_core.engine.network_state import NetworkState
from synapseek_core.engine.numba.groups import Arrivals, Records, Span, starting_arrays
from synapseek_core.engine.numba.saved import go_on, saved
from synapseek_core.engine.numba.tables import Tables, without_learning
from synapseek_core.engine.records import Record, Recording
from synapseek_core.engine.start import Start
from synapseek_core.status import Status


class Simulation:
    """One rule in one trial, advanced chunk by chunk."""

    def __init__(
        self,
        compiled: ModuleType,
        form: Form,
        network: Network,
        trial: Trial,
        tables: Tables,
        recording: Recording,
        rule: int,
        start: Start,
    ) -> None:
        self.compiled, self.network, self.trial, self.recording = compiled, network, trial, recording
        self.tables, self.frozen_tables = tables, without_learning(tables)
        self.record = Record.empty(network, trial, recording)
        self.kept = np.array(recording.neurons if rule in recording.spike_rules else (), np.int64)
        self.saves = rule in recording.state_rules
        self.edges = np.cumsum([0, *(len(p.targets) for p in trial.plastic)])
        self.samples = [recording.synapse_ids(p) for p in trial.plastic]
        self.arrays = starting_arrays(network, trial, form, start)
        self.steps_before = 0
        if isinstance(start, NetworkState):
            go_on(network, trial, self.arrays, start)
            self.steps_before = start.steps
        self.records = self._records()

    def _records(self) -> Records:
        """Return the arrays that every chunk writes to, without those that each chunk has for itself."""
        rows = np.full(self.network.n_neurons, -1)
        rows[self.kept] = np.arange(len(self.kept))
        return Records(
            bin_steps=self.recording.bin_steps,
            counts=np.empty((0, 0), np.int32),
            filtered=np.empty(0, np.float32),
            window_edges=np.array(self.trial.windows, np.int64).reshape(-1, 2),
            window_counts=self.record.window_counts,
            raster_rows=rows,
            raster=np.empty((0, 0), np.bool_),
        )

    def run(self) -> Record:
        """Run to the end of the trial or to a stop."""
        if not np.isfinite(self.tables.theta).all():
            return self._stop(Status.non_finite, 0)
        self._sample_weights(0)
        spikes = []
        for chunk in range(self.trial.chunks):
            first = chunk * CHUNK_STEPS
            span = Span(first, min(CHUNK_STEPS, self.trial.steps - first))
            recorded = len(self.kept) > 0 and self.recording.keeps_spikes(self.trial, chunk)
            raster = np.zeros((span.steps if recorded else 0, len(self.kept)), np.bool_)
            done, status = self._advance(span, chunk, raster)
            spikes.append(np.argwhere(raster) + np.array([first, 0]))
            if not np.isfinite(self.arrays.neurons).all():
                self._stop(Status.non_finite, first + done)
            elif status:
                self._stop(Status(status), first + done)
            if self.record.status != Status.ok:
                break
            if (chunk + 1) % self.recording.weight_chunks == 0:
                self._sample_weights(chunk + 1)
        self._finish(np.concatenate(spikes))
        return self.record

    def _advance(self, span: Span, chunk: int, raster: np.ndarray) -> tuple[int, int]:
        """Advance by one chunk; return the steps done and the reason of a stop."""
        bins = slice(span.first_step // self.recording.bin_steps, self.recording.bins(span.first_step + span.steps))
        # Contiguous in every chunk, so that the kernel is compiled for one memory layout only.
        counts = np.zeros((len(self.network.populations), bins.stop - bins.start), np.int32)
        result = self.compiled.run_steps(
            span,
            self.frozen_tables if self.trial.is_frozen(chunk) else self.tables,
            self.arrays,
            Arrivals(*self.trial.spikes.arrivals(chunk)),
            self.records._replace(counts=counts, filtered=self.record.filtered_rate[bins], raster=raster),
        )
        self.record.counts[:, bins] = counts
        return result

    def _stop(self, status: Status, step: int) -> Record:
        self.record.status, self.record.stop_step = status, step
        return self.record

    def _statistics(self) -> Iterator[tuple[int, tuple[float, float, float]]]:
        """Yield position, and mean, standard deviation and share at bounds of all weights, by plastic projection."""
        for p, (first, last) in enumerate(zip(self.edges[:-1], self.edges[1:], strict=True)):
            yield p, self.compiled.weight_statistics(self.arrays.weights[first:last], self.tables.maximum_weight[p])

    def _sample_weights(self, chunks: int) -> None:
        """Record weights after so many chunks: those of the sampled synapses, and now and then statistics of all."""
        record, sample = self.record, chunks // self.recording.weight_chunks
        for p, synapses in enumerate(self.samples):
            record.weight_sample[p, sample] = self.arrays.weights[self.edges[p] + synapses]
        if self.recording.has_statistics(self.trial, chunks):
            for p, (mean, sd, _) in self._statistics():
                record.weight_mean[p, sample], record.weight_sd[p, sample] = mean, sd

    def _finish(self, spikes: np.ndarray) -> None:
        record = self.record
        for p, statistics in self._statistics():
            record.final_mean[p], record.final_sd[p], record.at_bounds[p] = statistics
        record.spikes = np.column_stack([spikes[:, 0], self.kept[spikes[:, 1]]])
        if self.saves and record.status == Status.ok:
            record.state = saved(self.network, self.trial, self.arrays, self.steps_before + self.trial.steps)
