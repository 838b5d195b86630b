"""Spike sources: independent Poisson inputs, patterns on them, inputs that follow slow signals, and given spikes."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

import numpy as np
from jaxtyping import Float64, Int64

from synapseek_core.engine.network import CHUNK_STEPS, DELAY_STEPS, SpikeSource
from synapseek_core.neurons.model import TIME_STEP
from synapseek_core.seeds import Trials


@dataclass(frozen=True)
class PoissonSource:
    """Independent Poisson inputs: each of `size` sources spikes with probability rate * dt in every step.

    Events are drawn, not steps: the number of spikes of a chunk is binomial, and their (step, source) slots are
    uniform without repetition, which is the same distribution. Each chunk has its own random stream.

    Attributes:
        size: number of sources.
        rate: in Hz.
        trials, trial: whose random stream it is.
    """

    size: int
    rate: float
    trials: Trials
    trial: int

    def arrivals(self, chunk: int) -> tuple[np.ndarray, np.ndarray]:
        """Return steps within the chunk, and source ids, of all spikes that arrive in it."""
        generator = self.trials.generator(self.trial, "input", chunk)
        return _by_step(_poisson_slots(generator, CHUNK_STEPS * self.size, self.rate), self.size)


def _poisson_slots(generator: np.random.Generator, slots: int, rate: float) -> np.ndarray:
    """Draw the slots (of an input and a step, numbered) that contain a spike, each with probability rate * dt."""
    count = generator.binomial(slots, rate * TIME_STEP)
    return generator.choice(slots, count, replace=False, shuffle=False)


def _by_step(events: np.ndarray, sources: int) -> tuple[np.ndarray, np.ndarray]:
    """Return steps and source ids, in order, of events numbered step * sources + source, each event once."""
    events = np.sort(events)
    step, source = np.divmod(events[np.diff(events, prepend=-1) > 0], sources)
    return step.astype(np.int32), source.astype(np.int32)


@dataclass(frozen=True)
class Presentation:
    """A pattern that is on from time step `start` until `stop`: sources `first` to `first + size - 1` spike more."""

    start: int
    stop: int
    first: int
    size: int


@dataclass(frozen=True)
class PatternSource:
    """Independent Poisson inputs, some of which spike at an additional rate while a pattern is on.

    Background and additional spikes are drawn independently; where both fall in the same step of an input they count
    as one, which changes the rate by less than a part in a thousand.

    Attributes:
        background: the inputs and their rate while no pattern is on.
        additional_rate: of the inputs of a pattern that is on, in Hz.
        presentations: which pattern is on when.
    """

    background: PoissonSource
    additional_rate: float
    presentations: tuple[Presentation, ...]

    def arrivals(self, chunk: int) -> tuple[np.ndarray, np.ndarray]:
        """Return steps within the chunk, and source ids, of all spikes that arrive in it."""
        background = self.background
        step, source = background.arrivals(chunk)
        generator = background.trials.generator(background.trial, "pattern", chunk)
        # Spikes arrive after the axonal delay.
        begin = chunk * CHUNK_STEPS - DELAY_STEPS
        parts = [step.astype(np.int64) * background.size + source]
        for shown in self.presentations:
            first, last = max(shown.start, begin) - begin, min(shown.stop, begin + CHUNK_STEPS) - begin
            if first < last:
                slots = _poisson_slots(generator, (last - first) * shown.size, self.additional_rate)
                step, member = np.divmod(slots, shown.size)
                parts.append((first + step) * background.size + shown.first + member)
        return _by_step(np.concatenate(parts), background.size)


SIGNAL_STEPS = 10
"""Time steps (1 ms) over which a slow signal is constant."""

REMEMBERED_CHUNKS = 600
"""Chunks (1 min, some 20 MB of 5000 inputs at 10 Hz) that a `SharedSource` keeps at most; our choice."""


class SharedSource:
    """Spikes of a source that several networks ask for, one after the other or side by side: each chunk is drawn once.

    The first `REMEMBERED_CHUNKS` chunks are kept until the last network is done.
    """

    def __init__(self, source: SpikeSource, networks: int) -> None:
        """Take the source and the number of networks."""
        self.source, self.networks = source, networks
        self.drawn: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        self._lock = Lock()

    def arrivals(self, chunk: int) -> tuple[np.ndarray, np.ndarray]:
        """Return steps within the chunk, and source ids, of all spikes that arrive in it."""
        if chunk in self.drawn:
            return self.drawn[chunk]
        spikes = self.source.arrivals(chunk)
        if self.networks > 1 and chunk < REMEMBERED_CHUNKS:
            self.drawn[chunk] = spikes
        return spikes

    def leave(self) -> None:
        """Let a network go that is done."""
        with self._lock:
            self.networks -= 1
            if not self.networks:
                self.drawn.clear()


@dataclass(frozen=True)
class SlowSignals:
    """Independent slowly varying rates: half-wave rectified low-pass filtered noise on a background,

        rate(t) = background + modulation max(0, z(t)),   z stationary, Gaussian, <z z(t')> = exp(-|t - t'| / tau).

    Every chunk has its own noise. z at a chunk is filtered from the noise of that chunk and of those within 10 tau
    before it, so that chunks can be asked for in any order.
    Source: Vogels et al., Science 2011 (supplement, section 6.2.1).

    Attributes:
        count: number of signals.
        background, modulation: in Hz.
        time_constant: tau, in s.
        trials, trial: whose random stream it is.
    """

    count: int
    background: float
    modulation: float
    time_constant: float
    trials: Trials
    trial: int

    @property
    def mean_rate(self) -> float:
        """Mean over time, in Hz: that of a rectified standard Gaussian is 1 / sqrt(2 pi)."""
        return self.background + self.modulation / float(np.sqrt(2 * np.pi))

    def rates(self, chunk: int) -> Float64[np.ndarray, "interval signal"]:
        """Return the rates in Hz in every interval of SIGNAL_STEPS time steps of one chunk."""
        # Here: a fifth of the time that every job needs to start.
        from scipy.signal import lfilter

        intervals = CHUNK_STEPS // SIGNAL_STEPS
        before = int(np.ceil(10 * self.time_constant / (CHUNK_STEPS * TIME_STEP)))
        noise = [
            self.trials.generator(self.trial, "signal", number).standard_normal((intervals, self.count))
            for number in range(chunk, chunk + before + 1)
        ]
        kept = np.exp(-SIGNAL_STEPS * TIME_STEP / self.time_constant)
        z = lfilter([np.sqrt(1 - kept**2)], [1, -kept], np.concatenate(noise), axis=0)
        return self.background + self.modulation * np.maximum(z[-intervals:], 0.0)


@dataclass(frozen=True)
class SignalSource:
    """Poisson inputs in groups; all inputs of a group spike at the rate of the group's signal.

    An input spikes with probability p = rate * dt in a step. Events are drawn, not steps: a Poisson number of mean
    -ln(1 - p) in every slot of an input and a step, more than one counting as one, is the same distribution.

    Attributes:
        sizes: (source population, signal) number of inputs; ids count through the signals of the first population,
            then of the next.
        signals: the rates.
    """

    sizes: Int64[np.ndarray, "population signal"]
    signals: SlowSignals

    def arrivals(self, chunk: int) -> tuple[np.ndarray, np.ndarray]:
        """Return steps within the chunk, and source ids, of all spikes that arrive in it."""
        signals = self.signals
        generator = signals.trials.generator(signals.trial, "input", chunk)
        # A probability above one half in a step (5 kHz) is no rate of a neuron.
        probability = np.minimum(signals.rates(chunk) * TIME_STEP, 0.5)
        slots = SIGNAL_STEPS * self.sizes[None]
        counts = generator.poisson(-np.log1p(-probability)[:, None, :] * slots).ravel()
        # Each event falls anywhere in its cell, the slots of one interval and of the inputs of one group.
        cell = np.repeat(np.arange(counts.size), counts)
        interval, group = np.divmod(cell, self.sizes.size)
        sizes = self.sizes.ravel()
        slot = (generator.random(cell.size) * (SIGNAL_STEPS * sizes)[group]).astype(np.int64)
        step, member = np.divmod(slot, sizes[group])
        first = np.cumsum(sizes) - sizes
        total = int(sizes.sum())
        return _by_step((interval * SIGNAL_STEPS + step) * total + first[group] + member, total)


@dataclass(frozen=True)
class ScriptedSource:
    """Given spikes.

    Attributes:
        emissions: (spikes, 2) emission step and source id; they arrive after the axonal delay.
    """

    emissions: np.ndarray

    def arrivals(self, chunk: int) -> tuple[np.ndarray, np.ndarray]:
        """Return steps within the chunk, and source ids, of all spikes that arrive in it."""
        step = self.emissions[:, 0] + DELAY_STEPS - chunk * CHUNK_STEPS
        inside = (step >= 0) & (step < CHUNK_STEPS)
        order = np.argsort(step[inside], kind="stable")
        return step[inside][order].astype(np.int32), self.emissions[inside, 1][order].astype(np.int32)


@dataclass(frozen=True)
class LaterChunks:
    """Spikes of another source from a later chunk on, for a network that continues from a saved state.

    Attributes:
        source: as of the start of the run that was saved.
        first_chunk: how many of its chunks are over.
    """

    source: SpikeSource
    first_chunk: int

    def arrivals(self, chunk: int) -> tuple[np.ndarray, np.ndarray]:
        """Return steps within the chunk, and source ids, of all spikes that arrive in it."""
        return self.source.arrivals(self.first_chunk + chunk)
