"""CPU backend: one compiled time loop a network, one thread a network at a time."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import NamedTuple

import numpy as np

from synapseek_core.engine.constants import plasticity_of, rate_filter, trace_decays
from synapseek_core.engine.network import CHUNK_STEPS, DELAY_STEPS, Network, Trial
from synapseek_core.engine.records import Record, Recording, Status
from synapseek_core.engine.specialise import LANES, kernel


class Tables(NamedTuple):
    """What the kernel reads and never writes. Plastic projections come first; p counts projections.

    A row holds the synapses of one presynaptic unit of one projection: positions row_start[row]..row_start[row + 1]
    of `cells` (place of the target in the state array) and `targets` (its id). A column lists the positions of the
    synapses onto one neuron in one plastic projection.
    """

    pre_start: np.ndarray
    pre_stop: np.ndarray
    post_start: np.ndarray
    post_stop: np.ndarray
    row_offset: np.ndarray
    row_start: np.ndarray
    cells: np.ndarray
    targets: np.ndarray
    row_weight: np.ndarray
    conductance: np.ndarray
    column_offset: np.ndarray
    column_start: np.ndarray
    incoming: np.ndarray
    incoming_source: np.ndarray
    population_start: np.ndarray
    population_stop: np.ndarray
    theta: np.ndarray
    learning_rate: np.ndarray
    maximum_weight: np.ndarray
    pre_decay: np.ndarray
    post_decay: np.ndarray


class Traces(NamedTuple):
    """(plastic projection x trace of the family, unit) spike traces of either side."""

    pre: np.ndarray
    post: np.ndarray


def simulate(
    network: Network, trials: Sequence[Trial], theta: np.ndarray, recording: Recording, threads: int
) -> list[list[Record]]:
    """Simulate every rule in every trial; see `engine.simulate`."""
    compiled = kernel(network.neuron, network.family)
    shared = [_tables(network, trial) for trial in trials]
    jobs = [(rule, trial) for trial in range(len(trials)) for rule in range(len(theta))]

    def job(index: tuple[int, int]) -> Record:
        rule, trial = index
        kept = recording.neurons if rule in recording.spike_rules else ()
        tables = _with_rule(network, shared[trial], theta[rule])
        return _Simulation(compiled, network, trials[trial], tables, recording, kept).run()

    with ThreadPoolExecutor(threads) as pool:
        records = dict(zip(jobs, pool.map(job, jobs), strict=True))
    return [[records[rule, trial] for trial in range(len(trials))] for rule in range(len(theta))]


def _tables(network: Network, trial: Trial) -> Tables:
    """The tables of a trial, with the rule's part still empty."""
    projections, plastic = trial.projections, trial.plastic
    variables = len(network.neuron.initial_state) + 1
    targets = np.concatenate([p.targets for p in projections])
    sizes = [len(p.targets) for p in projections]
    first_synapse = np.concatenate([[0], np.cumsum(sizes)])
    rows = np.concatenate([p.row_start[:-1] + first for p, first in zip(projections, first_synapse, strict=False)])
    columns = [p.incoming for p in plastic]
    return Tables(
        pre_start=np.array([p.pre.start for p in projections]),
        pre_stop=np.array([p.pre.stop for p in projections]),
        post_start=np.array([p.post.start for p in projections]),
        post_stop=np.array([p.post.stop for p in projections]),
        row_offset=np.concatenate([[0], np.cumsum([p.pre.size for p in projections])])[:-1],
        row_start=np.append(rows, first_synapse[-1]),
        cells=(targets // LANES * (variables * LANES) + targets % LANES).astype(np.uint32),
        targets=targets[: first_synapse[len(plastic)]].astype(np.uint32),
        row_weight=np.concatenate([p.weight for p in projections]),
        conductance=np.array([network.neuron.variable(f"g_{p.transmitter}") * LANES for p in projections]),
        column_offset=np.cumsum([0, *(p.post.size for p in plastic)])[:-1],
        column_start=_chain([start for start, _ in columns]),
        incoming=_flat([order + first for (_, order), first in zip(columns, first_synapse, strict=False)]),
        incoming_source=_flat([p.sources[order] for p, (_, order) in zip(plastic, columns, strict=True)]),
        population_start=np.array([group.start for group in network.populations]),
        population_stop=np.array([group.stop for group in network.populations]),
        theta=np.empty((0, 0), np.float32),
        learning_rate=np.array([plasticity_of(p).learning_rate for p in plastic], np.float32),
        maximum_weight=np.array([plasticity_of(p).maximum_weight for p in plastic], np.float32),
        pre_decay=np.empty(0, np.float32),
        post_decay=np.empty(0, np.float32),
    )


def _flat(parts: Sequence[np.ndarray]) -> np.ndarray:
    return np.concatenate([np.empty(0), *parts]).astype(np.uint32)


def _chain(starts: Sequence[np.ndarray]) -> np.ndarray:
    """Join tables of list starts into one: the last entry of each is the first of the next."""
    joined = [np.zeros(1, np.int64)]
    for start in starts:
        joined.append(start[1:] + joined[-1][-1])
    return np.concatenate(joined)


def _with_rule(network: Network, tables: Tables, theta: np.ndarray) -> Tables:
    pre_decay, post_decay = trace_decays(network.family, theta)
    return tables._replace(theta=theta.astype(np.float32), pre_decay=pre_decay.ravel(), post_decay=post_decay.ravel())


class _Simulation:
    """One rule in one trial, advanced chunk by chunk."""

    def __init__(
        self,
        compiled: ModuleType,
        network: Network,
        trial: Trial,
        tables: Tables,
        recording: Recording,
        kept: Sequence[int],
    ) -> None:
        self.compiled, self.network, self.trial = compiled, network, trial
        self.tables, self.recording, self.kept = tables, recording, np.asarray(kept, np.int64)
        self.record = Record.empty(len(network.populations), len(trial.plastic), trial.steps, recording)
        self.constants = tuple(np.float32(value) for value in network.neuron.constants.values())
        self.state = self._initial_state()
        self.weights = np.concatenate([np.empty(0, np.float32), *(p.weight[p.sources] for p in trial.plastic)])
        self.edges = np.cumsum([0, *(len(p.targets) for p in trial.plastic)])
        self.samples = [recording.synapse_ids(p) for p in trial.plastic]
        self.traces = Traces(
            np.zeros((len(tables.pre_decay), max((p.pre.size for p in trial.plastic), default=0)), np.float32),
            np.zeros((len(tables.post_decay), network.n_neurons), np.float32),
        )
        self.ring = np.zeros((DELAY_STEPS, network.n_neurons), np.int64)
        self.ring_count = np.zeros(DELAY_STEPS, np.int64)
        self.fired = np.zeros(network.n_neurons, np.int64)
        self.raster_rows = np.full(network.n_neurons, -1)
        self.raster_rows[self.kept] = np.arange(len(self.kept))
        self.rate = np.array([rate_filter(network).initial])

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
            raster = np.zeros((steps if len(self.kept) else 0, len(self.kept)), np.bool_)
            done, status = self._advance(first, steps, chunk, bounds, raster)
            spikes.append(np.argwhere(raster) + np.array([first, 0]))
            if not np.isfinite(self.state).all():
                self._stop(Status.non_finite, first + done)
            elif status:
                self._stop(Status(status), first + done)
            if self.record.status != Status.ok:
                break
            self._sample_weights(chunk + 1)
        self._finish(np.concatenate(spikes))
        return self.record

    def _advance(self, first: int, steps: int, chunk: int, bounds: np.ndarray, raster: np.ndarray) -> tuple[int, int]:
        arrival_step, arrival_unit = self.trial.spikes.arrivals(chunk)
        width = self.recording.bin_steps
        bins = slice(first // width, self.recording.bins(first + steps))
        return self.compiled.run_steps(
            first,
            steps,
            width,
            self.tables,
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
            self.record.counts[:, bins],
            self.record.filtered_rate[bins],
            self.raster_rows,
            raster,
        )

    def _stop(self, status: Status, step: int) -> Record:
        self.record.status, self.record.stop_step = status, step
        return self.record

    def _sample_weights(self, sample: int) -> None:
        for p, (first, last) in enumerate(zip(self.edges[:-1], self.edges[1:], strict=True)):
            weights = self.weights[first:last]
            self.record.weight_mean[p, sample] = weights.mean(dtype=np.float64)
            self.record.weight_sd[p, sample] = weights.std(dtype=np.float64)
            self.record.weight_sample[p, sample] = weights[self.samples[p]]

    def _finish(self, spikes: np.ndarray) -> None:
        for p, (first, last) in enumerate(zip(self.edges[:-1], self.edges[1:], strict=True)):
            weights = self.weights[first:last]
            bound = self.tables.maximum_weight[p]
            self.record.final_mean[p] = weights.mean(dtype=np.float64)
            self.record.final_sd[p] = weights.std(dtype=np.float64)
            self.record.at_bounds[p] = np.mean((weights == 0) | (weights == bound))
        self.record.spikes = np.column_stack([spikes[:, 0], self.kept[spikes[:, 1]]])
