"""Spike sources: independent Poisson inputs, and spikes given one by one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synapseek_core.engine.network import CHUNK_STEPS, DELAY_STEPS
from synapseek_core.neurons.model import TIME_STEP
from synapseek_core.seeds import Trials


@dataclass(frozen=True)
class PoissonSource:
    """Independent Poisson inputs: each of `size` sources spikes with probability rate * dt in every step.

    Events are drawn, not steps: the number of spikes of a chunk is binomial, and their (step, source) slots are
    uniform without repetition, which is the same law. Each chunk has its own random stream.

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
        """Steps within the chunk, and source ids, of all spikes that arrive in it."""
        generator = self.trials.generator(self.trial, "input", chunk)
        slots = CHUNK_STEPS * self.size
        count = generator.binomial(slots, self.rate * TIME_STEP)
        chosen = np.sort(generator.choice(slots, count, replace=False, shuffle=False))
        step, source = np.divmod(chosen, self.size)
        return step.astype(np.int32), source.astype(np.int32)


@dataclass(frozen=True)
class ScriptedSource:
    """Given spikes.

    Attributes:
        emissions: (spikes, 2) emission step and source id; they arrive after the axonal delay.
    """

    emissions: np.ndarray

    def arrivals(self, chunk: int) -> tuple[np.ndarray, np.ndarray]:
        """Steps within the chunk, and source ids, of all spikes that arrive in it."""
        step = self.emissions[:, 0] + DELAY_STEPS - chunk * CHUNK_STEPS
        inside = (step >= 0) & (step < CHUNK_STEPS)
        order = np.argsort(step[inside], kind="stable")
        return step[inside][order].astype(np.int32), self.emissions[inside, 1][order].astype(np.int32)
