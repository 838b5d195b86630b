"""The reference: one network after the other, dense, in NumPy and double precision, as plainly as it can be said.

This file is the specification of a time step, and what the backends are compared with. It knows no lists of events and
no deferred changes, and shares no formula with the backends: a projection is a matrix (presynaptic unit, postsynaptic
neuron). Constants are rounded to single precision, as the backends' are; what is computed from them is not. A time step
takes a fraction of a millisecond or more, so it is for small networks.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence

import numpy as np

from synapseek_core.engine.constants import AT_BOUND, plasticity_of, rate_filter, trace_decays
from synapseek_core.engine.network import CHUNK_STEPS, DELAY_STEPS, Network, Projection, Trial
from synapseek_core.engine.records import Record, Recording
from synapseek_core.plasticity.family import PlasticityFamily
from synapseek_core.status import Status

Arrays = dict[str, np.ndarray]


def simulate(
    network: Network,
    trials: Sequence[Trial],
    theta: np.ndarray,
    recording: Recording,
    trials_of: Sequence[Sequence[int]] | None = None,
) -> list[list[Record]]:
    """Return the record of every rule in its trials; see `engine.simulate`."""
    trials_of = trials_of or [range(len(trials))] * len(theta)
    kept = [recording.neurons if rule in recording.spike_rules else () for rule in range(len(theta))]
    return [
        [_Simulation(network, trials[trial], theta[rule], recording, kept[rule]).run() for trial in own]
        for rule, own in enumerate(trials_of)
    ]


class _Synapses:
    """A projection: (pre, post) matrices of which synapses there are and of their weights, 0 where there is none."""

    def __init__(self, projection: Projection) -> None:
        self.projection = projection
        self.place = projection.sources, projection.targets - projection.post.start
        self.pre = slice(projection.pre.start, projection.pre.stop)
        self.post = slice(projection.post.start, projection.post.stop)
        self.exists = np.zeros((projection.pre.size, projection.post.size), bool)
        self.exists[self.place] = True
        self.weight = np.zeros(self.exists.shape)
        self.weight[self.place] = projection.synapse_weight


class _PlasticSynapses(_Synapses):
    """A plastic projection under one rule (parameter,), with traces: presynaptic (pre, 1), postsynaptic (1, post)."""

    def __init__(self, projection: Projection, family: PlasticityFamily, rule: np.ndarray) -> None:
        super().__init__(projection)
        self.family = family
        self.parameters = dict(zip(family.parameter_names, rule.astype(np.float64), strict=True))
        self.learning_rate = float(np.float32(plasticity_of(projection).learning_rate))
        self.maximum_weight = float(np.float32(plasticity_of(projection).maximum_weight))
        decays = [decay.astype(np.float64) for decay in trace_decays(family, rule)]
        self.pre_decay, self.post_decay = decays
        self.pre_traces = {name: np.zeros((projection.pre.size, 1)) for name in family.presynaptic_traces}
        self.post_traces = {name: np.zeros((1, projection.post.size)) for name in family.postsynaptic_traces}

    def change(self, rule: Callable[..., float], pre: np.ndarray, post: np.ndarray, neurons: Arrays) -> None:
        """Change the synapses from some units (pre,) onto some neurons (post,), both masks, by one side of the rule."""
        block = np.ix_(pre, post)
        factors = self.parameters | {"weight": self.weight[block]}
        factors |= {name: trace[pre] for name, trace in self.pre_traces.items()}
        factors |= {name: trace[:, post] for name, trace in self.post_traces.items()}
        factors |= {name: neurons[name][self.post][None, post] for name in self.family.postsynaptic_state}
        factors |= self.family.held
        change = rule(**{name: factors[name] for name in inspect.signature(rule).parameters})
        changed = np.clip(self.weight[block] + self.learning_rate * change, 0, self.maximum_weight)
        self.weight[block] = np.where(self.exists[block], changed, 0)

    def advance_traces(self, arriving: np.ndarray, spiking: np.ndarray) -> None:
        """Let the traces of units that spike jump by 1, then all decay."""
        for (name, trace), decay in zip(self.pre_traces.items(), self.pre_decay, strict=True):
            self.pre_traces[name] = (trace + arriving[self.pre, None]) * decay
        for (name, trace), decay in zip(self.post_traces.items(), self.post_decay, strict=True):
            self.post_traces[name] = (trace + spiking[None, self.post]) * decay


class _Simulation:
    """Simulation of one rule (plastic projection, parameter) in one trial."""

    def __init__(
        self, network: Network, trial: Trial, theta: np.ndarray, recording: Recording, kept: Sequence[int]
    ) -> None:
        self.network, self.trial, self.theta, self.recording, self.kept = network, trial, theta, recording, kept
        neuron, n = network.neuron, network.n_neurons
        self.record = Record.empty(network, trial, recording)
        self.spikes: list[tuple[int, int]] = []
        self.neurons = {name: np.full(n, value) for name, value in neuron.initial_state.items()}
        self.constants = {name: float(np.float32(value)) for name, value in neuron.constants.items()}
        self.plastic = [_PlasticSynapses(p, network.family, rule) for p, rule in zip(trial.plastic, theta, strict=True)]
        self.synapses = [*self.plastic, *(_Synapses(p) for p in trial.projections if p.plasticity is None)]
        self.emitted = np.zeros((DELAY_STEPS, n), bool)
        self.filter = rate_filter(network)
        self.rate = self.filter.initial

    def run(self) -> Record:
        """Return the record of the trial, run to its end or to a stop."""
        if not np.isfinite(self.theta).all():
            self._stop(Status.non_finite, 0)
            return self.record
        self._sample(0)
        with np.errstate(all="ignore"):
            for chunk in range(self.trial.chunks):
                self._run_chunk(chunk)
                if self.record.status != Status.ok:
                    break
                if (chunk + 1) % self.recording.weight_chunks == 0:
                    self._sample(chunk + 1)
        self._finish()
        return self.record

    def _run_chunk(self, chunk: int) -> None:
        """Advance to the end of a chunk, or to the step at which the rate leaves its bounds."""
        first, last = chunk * CHUNK_STEPS, min((chunk + 1) * CHUNK_STEPS, self.trial.steps)
        sources = np.zeros((CHUNK_STEPS, self.network.n_sources), bool)
        sources[self.trial.spikes.arrivals(chunk)] = True
        for step in range(first, last):
            arriving = np.concatenate([self.emitted[step % DELAY_STEPS], sources[step - first]])
            spiking = self._advance(arriving, learns=not self.trial.is_frozen(chunk))
            self.emitted[step % DELAY_STEPS] = spiking
            self._record_spikes(step, spiking)
            if status := self._check_rate(arriving):
                self._stop(status, step)
                break
            if (step + 1) % self.recording.bin_steps == 0:
                self.record.filtered_rate[step // self.recording.bin_steps] = self.rate
        if not all(np.isfinite(values).all() for values in self.neurons.values()):
            self._stop(Status.non_finite, self.record.stop_step if self.record.status else last)

    def _advance(self, arriving: np.ndarray, learns: bool) -> np.ndarray:
        """Advance by one time step, in which spikes of units (unit,) arrive, and return which neurons spike (neuron,).

        The rule reads the neurons after their step and before this step's arrivals, and traces without this step's
        spikes of either side. If spikes of both sides fall in one step, the change at the arrival comes first.
        """
        family = self.network.family
        *values, spiking = self.network.neuron.advance(**self.neurons, **self.constants)
        self.neurons = dict(zip(self.neurons, values, strict=True))
        received = {name: values.copy() for name, values in self.neurons.items()}
        for s in self.synapses:
            received[f"g_{s.projection.transmitter}"][s.post] += s.weight[arriving[s.pre]].sum(axis=0)
        for s in self.plastic:
            if learns and arriving[s.pre].any():
                s.change(family.on_pre, arriving[s.pre], np.ones(s.projection.post.size, bool), self.neurons)
            if learns and spiking[s.post].any():
                s.change(family.on_post, np.ones(s.projection.pre.size, bool), spiking[s.post], self.neurons)
            s.advance_traces(arriving, spiking)
        self.neurons = received
        return spiking

    def _check_rate(self, arriving: np.ndarray) -> Status:
        """Filter the rate with the spikes that arrive, and return the resulting status of the network."""
        monitored = arriving[self.filter.start : self.filter.stop].sum()
        self.rate = self.rate * self.filter.decay + monitored * self.filter.increment
        if not self.rate > self.filter.low:
            return Status.silent
        return Status.ok if self.rate < self.filter.high else Status.runaway

    def _stop(self, status: Status, step: int) -> None:
        self.record.status, self.record.stop_step = status, step

    def _record_spikes(self, step: int, spiking: np.ndarray) -> None:
        for number, group in enumerate(self.network.populations):
            self.record.counts[number, step // self.recording.bin_steps] += spiking[group.start : group.stop].sum()
        for window, (first, last) in enumerate(self.trial.windows):
            self.record.window_counts[window] += spiking & (first <= step < last)
        if self.recording.keeps_spikes(self.trial, step // CHUNK_STEPS):
            self.spikes += [(step, neuron) for neuron in self.kept if spiking[neuron]]

    def _sample(self, chunks: int) -> None:
        """Record the weights after so many chunks."""
        sample = chunks // self.recording.weight_chunks
        has_statistics = self.recording.has_statistics(self.trial, chunks)
        for k, s in enumerate(self.plastic):
            weights = s.weight[s.place]
            self.record.weight_sample[k, sample] = weights[self.recording.synapse_ids(s.projection)]
            if has_statistics:
                self.record.weight_mean[k, sample], self.record.weight_sd[k, sample] = weights.mean(), weights.std()

    def _finish(self) -> None:
        """Record the final state of the network."""
        for k, s in enumerate(self.plastic):
            weights, share = s.weight[s.place], AT_BOUND * s.maximum_weight
            self.record.final_mean[k], self.record.final_sd[k] = weights.mean(), weights.std()
            self.record.at_bounds[k] = np.mean((weights <= share) | (weights >= s.maximum_weight - share))
        self.record.spikes = np.array(self.spikes, np.int64).reshape(-1, 2)
