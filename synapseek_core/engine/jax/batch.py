"""The networks that one device simulates: slots, and the jobs that occupy them one after the other.

A network that stops leaves its slot to the next waiting job at the end of the chunk. When none waits, the slots are
closed up as soon as half of them are free.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import jax
import jax.numpy as jnp
import numpy as np

from synapseek_core.engine.constants import trace_decays
from synapseek_core.engine.forms import Form
from synapseek_core.engine.jax.chunk import ChunkOutput, Kept, run_chunk
from synapseek_core.engine.jax.compute import compute_on
from synapseek_core.engine.jax.inputs import ArrivalPacker, Arrivals
from synapseek_core.engine.jax.saved import given_by, into_slot, of_slot, saved
from synapseek_core.engine.jax.state import Jobs, Rules, State, admit, choose_slots, empty_slots
from synapseek_core.engine.jax.statistics import WeightStatistics, weight_statistics
from synapseek_core.engine.jax.tables import Compute, layout_of, round_up, tables_of
from synapseek_core.engine.jobs import Job
from synapseek_core.engine.network import CHUNK_STEPS, Network, Trial
from synapseek_core.engine.records import Record, Recording
from synapseek_core.engine.start import Start
from synapseek_core.status import Status


@dataclass
class _Running:
    """A job in its slot: its start, its record, the chunks done, and the kept spikes so far."""

    job: Job
    start: Start
    record: Record
    chunk: int = 0
    spikes: list[np.ndarray] = field(default_factory=list)


class Batch:
    """Slots of one device; `run` takes jobs from `waiting` until it is empty and writes `records`."""

    def __init__(
        self,
        network: Network,
        trials: Sequence[Trial],
        theta: np.ndarray,
        recording: Recording,
        form: Form,
        waiting: deque[Job],
        starts: Mapping[Job, Start],
        slots: int,
        compute: Compute | None = None,
    ) -> None:
        self.network, self.trials, self.theta, self.recording, self.waiting = network, trials, theta, recording, waiting
        (device,) = jnp.zeros(()).devices()
        self.layout = layout_of(network, trials[0], form, recording, compute or compute_on(device, network.family))
        self.tables = tables_of(self.layout, trials, recording)
        self.packer = ArrivalPacker(self.layout, trials, slots)
        self.running: list[_Running | None] = [None] * round_up(slots)
        self.starts, self.usable = starts, slots
        self.state: State
        self.records: dict[Job, Record] = {}

    def unfinished(self) -> list[Job]:
        """Return the jobs that were begun and have no record."""
        return [slot.job for slot in self.running if slot is not None]

    def run(self) -> None:
        """Run jobs until none runs or waits."""
        self.start()
        while any(self.running):
            arrivals, kept = self._arrivals(), self._kept()
            self.state, output = run_chunk(self.layout, self.tables, self.state, arrivals, kept)
            # The device computes while the next chunk's input is drawn.
            self.packer.draw_ahead([(slot.job.trial, slot.chunk + 1) for slot in self.running if slot is not None])
            self._write(jax.device_get(output), np.asarray(kept.slots))
            self._fill()

    def start(self) -> None:
        """Allocate the slots and begin the first jobs."""
        trial = self.trials[0]
        slots, windows, frozen = len(self.running), len(trial.windows), len(trial.frozen)
        self.state = empty_slots(self.layout, self.tables, slots, windows, frozen)
        self._fill()

    def _arrivals(self) -> Arrivals:
        return self.packer.pack([None if slot is None else (slot.job.trial, slot.chunk) for slot in self.running])

    def _kept(self) -> Kept:
        """Return the slots whose spikes are kept, padded to the largest possible number: code is compiled once."""
        slots = [k for k, slot in enumerate(self.running) if slot is not None and self._keeps_spikes(slot)]
        most = min(len(self.running), len(self.recording.spike_rules) * len(self.trials))
        # Nothing is brought back from the many chunks outside the windows.
        padded = np.zeros(most if slots or not self.recording.spikes_in_windows else 0, np.int32)
        padded[: len(slots)] = slots
        return Kept(jnp.asarray(padded), jnp.array(self.recording.neurons, jnp.int32))

    def _keeps_spikes(self, slot: _Running) -> bool:
        """Return whether the spikes of a job are kept in its next chunk."""
        recording = self.recording
        wanted = len(recording.neurons) > 0 and slot.job.rule in recording.spike_rules
        return wanted and recording.keeps_spikes(self.trials[slot.job.trial], slot.chunk)

    def _fill(self) -> None:
        """Begin waiting jobs in free slots, or close up the slots when few run and none waits."""
        free = [k for k in range(self.usable) if self.running[k] is None]
        began = [job for job in (self._next_job() for _ in free) if job is not None]
        if began:
            self._begin(began, free[: len(began)])
        living = [k for k, slot in enumerate(self.running) if slot is not None]
        if living and not self.waiting and round_up(len(living)) <= len(self.running) // 2:
            chosen = np.resize(living, round_up(len(living)))
            self.state = choose_slots(self.state, jnp.asarray(chosen))
            # Copies that fill up the slots would run on without a job: their results are never read.
            self.running = [self.running[k] for k in living] + [None] * (len(chosen) - len(living))
            self.usable = len(living)

    def _next_job(self) -> Job | None:
        """Return the next waiting job; None if there is none. Several devices may take from the same queue."""
        try:
            return self.waiting.popleft()
        except IndexError:
            return None

    def _begin(self, jobs: Sequence[Job], slots: Sequence[int]) -> None:
        size = len(self.running)
        index = np.zeros(size, np.int32)
        index[: len(jobs)] = slots
        self.state = admit(
            self.layout, self.tables, self.state, self._described(jobs, size), jnp.asarray(index), jnp.int32(len(jobs))
        )
        for slot, job in zip(slots, jobs, strict=True):
            trial, start = self.trials[job.trial], self.starts.get(job)
            self.running[slot] = _Running(job, start, Record.empty(self.network, trial, self.recording))
            if start is not None:
                self.state = into_slot(self.state, jnp.int32(slot), given_by(self.layout, self.state, trial, start))
        self._write_begun(slots)

    def _described(self, jobs: Sequence[Job], size: int) -> Jobs:
        """Return the jobs as arrays, padded to a size."""
        filled = [*jobs, *([jobs[0]] * (size - len(jobs)))]
        theta = self.theta[[job.rule for job in filled]]
        pre_decay, post_decay = trace_decays(self.network.family, theta)
        with np.errstate(divide="ignore"):
            exponents = [np.log(decay.astype(np.float64)) for decay in (pre_decay, post_decay)]
        arrays = [np.asarray(x, np.float32) for x in (theta, pre_decay, post_decay, *exponents)]
        rules = {p.name: Rules(*(jnp.asarray(x[:, k]) for x in arrays)) for k, p in enumerate(self.layout.plastic)}
        trials = [self.trials[job.trial] for job in filled]
        return Jobs(
            trial=jnp.array([job.trial for job in filled], jnp.int32),
            steps=jnp.array([trial.steps for trial in trials], jnp.int32),
            windows=_intervals([trial.windows for trial in trials]),
            frozen=_intervals([trial.frozen for trial in trials]),
            rules=rules,
        )

    def _write_begun(self, slots: Sequence[int]) -> None:
        """Record the weights at time 0; jobs that never start end here."""
        statistics = weight_statistics(self.layout, self.tables, self.state)
        running, status, stop_step = jax.device_get((self.state.running, self.state.status, self.state.stop_step))
        for slot in slots:
            self._write_end(slot, int(status[slot]), int(stop_step[slot]))
            if status[slot] == Status.ok:
                self._write_weights(slot, 0, statistics)
            self._release(slot, bool(running[slot]))

    def _write(self, output: ChunkOutput, kept: np.ndarray) -> None:
        """Record the results of a chunk for every running job."""
        statistics = self._weights_wanted(output)
        spikes = {int(slot): np.argwhere(output.raster[:, k]) for k, slot in enumerate(kept)}
        for slot, running in enumerate(self.running):
            if running is None:
                continue
            self._write_end(slot, int(output.status[slot]), int(output.stop_step[slot]))
            self._write_activity(slot, output)
            if self._keeps_spikes(running):
                running.spikes.append(spikes[slot] + np.array([running.chunk * CHUNK_STEPS, 0]))
            running.chunk += 1
            if statistics:
                self._write_weights(slot, running.chunk, statistics)
            self._release(slot, bool(output.running[slot]))

    def _weights_wanted(self, output: ChunkOutput) -> dict[str, WeightStatistics]:
        """Return statistics of the weights if some slot is due for a sample or at its end; else none.

        They are not computed otherwise, since they need a pass over all weights.
        """
        due = any(
            not output.running[k] or (slot.chunk + 1) % self.recording.weight_chunks == 0
            for k, slot in enumerate(self.running)
            if slot is not None
        )
        return weight_statistics(self.layout, self.tables, self.state) if due else {}

    def _record(self, slot: int) -> Record:
        running = self.running[slot]
        assert running is not None
        return running.record

    def _write_end(self, slot: int, status: int, stop_step: int) -> None:
        record = self._record(slot)
        record.status, record.stop_step = Status(status), stop_step

    def _write_activity(self, slot: int, output: ChunkOutput) -> None:
        running, record = self.running[slot], self._record(slot)
        assert running is not None
        first = running.chunk * len(output.counts)
        bins = min(len(output.counts), record.counts.shape[1] - first)
        record.counts[:, first : first + bins] = output.counts[:bins, slot].T
        whole = max(0, min(bins, record.stop_step // self.recording.bin_steps - first))
        record.filtered_rate[first : first + whole] = output.rate[:whole, slot]

    def _write_weights(self, slot: int, chunk: int, statistics: dict[str, WeightStatistics]) -> None:
        """Record the weights after `chunk` chunks."""
        running, record = self.running[slot], self._record(slot)
        assert running is not None
        sample, between = divmod(chunk, self.recording.weight_chunks)
        has_statistics = self.recording.has_statistics(self.trials[running.job.trial], chunk)
        means = [statistics[p.name].mean[slot] for p in self.layout.plastic]
        if chunk and record.status == Status.ok and not np.isfinite(means).all():
            record.status = Status.non_finite
            record.stop_step = min(chunk * CHUNK_STEPS, record.stop_step)
        for p, projection in enumerate(self.layout.plastic):
            weights = statistics[projection.name]
            record.at_bounds[p] = weights.at_bounds[slot]
            record.final_mean[p], record.final_sd[p] = weights.mean[slot], weights.sd[slot]
            if record.status == Status.ok and not between:
                record.weight_sample[p, sample] = weights.sample[slot]
                if has_statistics:
                    record.weight_mean[p, sample] = weights.mean[slot]
                    record.weight_sd[p, sample] = weights.sd[slot]

    def _release(self, slot: int, goes_on: bool) -> None:
        """Free the slot of a job that is done."""
        running = self.running[slot]
        assert running is not None
        if goes_on and running.record.status == Status.ok:
            return
        running.record.window_counts[:] = self.state.window_counts[slot]
        if running.spikes:
            step, kept = np.concatenate(running.spikes).T
            running.record.spikes = np.column_stack([step, np.array(self.recording.neurons, np.int64)[kept]])
        if running.job.rule in self.recording.state_rules and running.record.status == Status.ok:
            trial = self.trials[running.job.trial]
            running.record.state = saved(self.layout, trial, running.start, of_slot(self.state, jnp.int32(slot)))
        self.records[running.job] = running.record
        self.running[slot] = None


def _intervals(of_jobs: Sequence[tuple[tuple[int, int], ...]]) -> jax.Array:
    """Return intervals (job, interval, 2) in time steps."""
    return jnp.asarray(np.array(of_jobs, np.int32).reshape(len(of_jobs), len(of_jobs[0]), 2))
