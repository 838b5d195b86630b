"""CPU backend: one compiled time loop a network, one thread a network at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import NamedTuple

import numpy as np

from synapseek_core.engine.constants import rate_filter
from synapseek_core.engine.forms import Form
from synapseek_core.engine.jobs import Job, jobs_by_trial
from synapseek_core.engine.network import CHUNK_STEPS, DELAY_STEPS, Network, Trial
from synapseek_core.engine.numba.kernel.prelude import LANES, ROW_LANES
from synapseek_core.engine.numba.specialise import kernel
from synapseek_core.engine.numba.tables import Tables, settlement_interval, tables_of, with_rule
from synapseek_core.engine.records import Record, Recording
from synapseek_core.status import Status

SHORTEST_INTERVAL = 50
"""Time steps between two settlements below which the exact form is faster: a settlement goes through all weights."""


class Traces(NamedTuple):
    """Spike traces of the exact form, (plastic projection x trace of the family, unit), of either side; and room for
    what the rule reads and returns of `ROW_LANES` synapses, (factor, lane)."""

    pre: np.ndarray
    post: np.ndarray
    lanes: np.ndarray


class LazyTraces(NamedTuple):
    """Spike traces and pending weight changes of the lazy form; see kernel/lazy.py."""

    pre: np.ndarray
    ledger: np.ndarray
    pre_scale: np.ndarray
    post_scale: np.ndarray


def simulate(
    network: Network,
    trials: Sequence[Trial],
    theta: np.ndarray,
    recording: Recording,
    threads: int,
    form: Form | None = None,
    trials_of: Sequence[Sequence[int]] | None = None,
) -> list[list[Record]]:
    """Simulate every rule in its trials; see `engine.simulate`. `form` is chosen rule by rule unless one is named."""
    forms = [form or form_of(network, rule) for rule in theta]
    compiled = {one: kernel(network.neuron, network.family, one) for one in set(forms)}
    shared = {one: [tables_of(network, trial, one) for trial in trials] for one in set(forms)}
    trials_of = trials_of or [range(len(trials))] * len(theta)
    jobs = jobs_by_trial(trials_of)

    def run(job: Job) -> Record:
        rule, trial = job
        one = forms[rule]
        kept = recording.neurons if rule in recording.spike_rules else ()
        tables = with_rule(network, shared[one][trial], theta[rule])
        return _Simulation(compiled[one], one, network, trials[trial], tables, recording, kept).run()

    with ThreadPoolExecutor(threads) as pool:
        records = dict(zip(jobs, pool.map(run, jobs), strict=True))
    return [[records[Job(rule, trial)] for trial in own] for rule, own in enumerate(trials_of)]


def form_of(network: Network, rule: np.ndarray) -> Form:
    """The form in which a rule (plastic projection, parameter) is simulated: lazy where that is possible and faster."""
    if not network.family.lazy or settlement_interval(network.family, rule) < SHORTEST_INTERVAL:
        return "exact"
    return "lazy"


class _Simulation:
    """One rule in one trial, advanced chunk by chunk."""

    def __init__(
        self,
        compiled: ModuleType,
        form: Form,
        network: Network,
        trial: Trial,
        tables: Tables,
        recording: Recording,
        kept: Sequence[int],
    ) -> None:
        self.compiled, self.network, self.trial = compiled, network, trial
        self.tables, self.recording, self.kept = tables, recording, np.asarray(kept, np.int64)
        self.frozen_tables = tables._replace(learning_rate=np.zeros_like(tables.learning_rate))
        self.record = Record.empty(network, trial, recording)
        self.window_edges = np.array(trial.windows, np.int64).reshape(-1, 2)
        self.constants = tuple(np.float32(value) for value in network.neuron.constants.values())
        self.state = self._initial_state()
        self.weights = np.concatenate([np.empty(0, np.float32), *(p.weight[p.sources] for p in trial.plastic)])
        self.edges = np.cumsum([0, *(len(p.targets) for p in trial.plastic)])
        self.samples = [recording.synapse_ids(p) for p in trial.plastic]
        self.traces = self._silent_traces(form)
        self.ring = np.zeros((DELAY_STEPS, network.n_neurons), np.int64)
        self.ring_count = np.zeros(DELAY_STEPS, np.int64)
        self.fired = np.zeros(network.n_neurons, np.int64)
        self.raster_rows = np.full(network.n_neurons, -1)
        self.raster_rows[self.kept] = np.arange(len(self.kept))
        self.rate = np.array([rate_filter(network).initial])

    def _silent_traces(self, form: Form) -> Traces | LazyTraces:
        pre_traces, post_traces = len(self.tables.pre_decay), len(self.tables.post_decay)
        most_units = max((p.pre.size for p in self.trial.plastic), default=0)
        pre = np.zeros((pre_traces, most_units), np.float32)
        if form == "exact":
            post = np.zeros((post_traces, self.network.n_neurons), np.float32)
            return Traces(pre, post, np.zeros((1 + len(self.network.family.factors)) * ROW_LANES, np.float32))
        entries = 3 + len(self.network.family.postsynaptic_traces)
        return LazyTraces(
            pre,
            np.zeros((pre_traces, self.network.n_neurons * entries), np.float32),
            np.ones(pre_traces, np.float32),
            np.ones(post_traces, np.float32),
        )

    def _initial_state(self) -> np.ndarray:
        initial = [*self.network.neuron.initial_state.values(), 0.0]
        blocks = -(-self.network.n_neurons // LANES)
        return np.tile(np.repeat(np.array(initial, np.float32), LANES), blocks)

    def run(self) -> Record:
        """Run to the end of the trial or to a stop."""
        if not np.isfinite(self.tables.theta).all():
            return self._stop(Status.non_finite, 0)
        self._sample_weights(0)
        bounds, spikes = np.array(rate_filter(self.network)), []
        for chunk in range(self.trial.chunks):
            first = chunk * CHUNK_STEPS
            steps = min(CHUNK_STEPS, self.trial.steps - first)
            recorded = len(self.kept) > 0 and self.recording.keeps_spikes(self.trial, chunk)
            raster = np.zeros((steps if recorded else 0, len(self.kept)), np.bool_)
            done, status = self._advance(first, steps, chunk, bounds, raster)
            spikes.append(np.argwhere(raster) + np.array([first, 0]))
            if not np.isfinite(self.state).all():
                self._stop(Status.non_finite, first + done)
            elif status:
                self._stop(Status(status), first + done)
            if self.record.status != Status.ok:
                break
            if (chunk + 1) % self.recording.weight_chunks == 0:
                self._sample_weights((chunk + 1) // self.recording.weight_chunks)
        self._finish(np.concatenate(spikes))
        return self.record

    def _advance(self, first: int, steps: int, chunk: int, bounds: np.ndarray, raster: np.ndarray) -> tuple[int, int]:
        arrival_step, arrival_unit = self.trial.spikes.arrivals(chunk)
        width = self.recording.bin_steps
        bins = slice(first // width, self.recording.bins(first + steps))
        # Contiguous in every chunk, so that the kernel is compiled for one memory layout only.
        counts = np.zeros((len(self.network.populations), bins.stop - bins.start), np.int32)
        result = self.compiled.run_steps(
            first,
            steps,
            width,
            self.frozen_tables if self.trial.is_frozen(chunk) else self.tables,
            self.state,
            self.weights,
            self.traces,
            self.ring,
            self.ring_count,
            self.rate,
            bounds,
            self.constants,
            arrival_step,
            arrival_unit,
            self.fired,
            counts,
            self.record.filtered_rate[bins],
            self.window_edges,
            self.record.window_counts,
            self.raster_rows,
            raster,
        )
        self.record.counts[:, bins] = counts
        return result

    def _stop(self, status: Status, step: int) -> Record:
        self.record.status, self.record.stop_step = status, step
        return self.record

    def _weights(self) -> Iterator[tuple[int, np.ndarray, tuple[float, float, float]]]:
        """Position, weights, and their mean, standard deviation and share at bounds, of each plastic projection."""
        for p, (first, last) in enumerate(zip(self.edges[:-1], self.edges[1:], strict=True)):
            weights = self.weights[first:last]
            yield p, weights, self.compiled.weight_statistics(weights, self.tables.maximum_weight[p])

    def _sample_weights(self, sample: int) -> None:
        for p, weights, (mean, sd, _) in self._weights():
            self.record.weight_mean[p, sample], self.record.weight_sd[p, sample] = mean, sd
            self.record.weight_sample[p, sample] = weights[self.samples[p]]

    def _finish(self, spikes: np.ndarray) -> None:
        record = self.record
        for p, _, statistics in self._weights():
            record.final_mean[p], record.final_sd[p], record.at_bounds[p] = statistics
        record.spikes = np.column_stack([spikes[:, 0], self.kept[spikes[:, 1]]])
