"""Spikes of the source units, packed chunk by chunk into arrays of the shapes that compiled code wants."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from synapseek_core.engine.jax_tables import Layout, round_up
from synapseek_core.engine.network import CHUNK_STEPS, Group, Trial


class Arrivals(NamedTuple):
    """The source spikes that arrive in one chunk.

    step: (bin, trial, event) step within the bin; rows are filled up with the number of steps of a bin.
    source: (bin, trial, event) source id.
    rasters: for each group of `plastic_sources`, (bin, step, trial, source of the group) whether it spikes.
    """

    step: jax.Array
    source: jax.Array
    rasters: tuple[jax.Array, ...]


def plastic_sources(layout: Layout) -> tuple[Group, ...]:
    """Groups of sources that a plastic projection starts from."""
    return tuple(dict.fromkeys(p.pre for p in layout.plastic if layout.from_sources(p.pre)))


class ArrivalPacker:
    """Packs the arrivals of all trials; the event axis grows when it must and never shrinks."""

    def __init__(self, layout: Layout, trials: Sequence[Trial]) -> None:
        self.layout, self.trials = layout, trials
        self.bins = CHUNK_STEPS // layout.bin_steps
        self.width = 1

    def pack(self, chunk: int, wanted: np.ndarray) -> Arrivals:
        """The arrivals of a chunk; trials that are not `wanted` (trial,) any more get none."""
        nothing = np.empty(0, np.int32)
        events = [
            trial.spikes.arrivals(chunk) if want else (nothing, nothing)
            for trial, want in zip(self.trials, wanted, strict=True)
        ]
        edges = np.arange(self.bins + 1) * self.layout.bin_steps
        starts = np.stack([np.searchsorted(step, edges) for step, _ in events])
        most = int(np.diff(starts).max())
        if most > self.width:
            # With room for the fluctuations of later chunks: a new width is compiled anew.
            self.width = round_up(most + 4 * math.isqrt(most))
        shape = (self.bins, len(self.trials), self.width)
        steps, sources = np.full(shape, self.layout.bin_steps, np.int32), np.zeros(shape, np.int32)
        for trial, (step, source) in enumerate(events):
            bin_, within = np.divmod(step, self.layout.bin_steps)
            place = np.arange(len(step)) - starts[trial, bin_]
            steps[bin_, trial, place], sources[bin_, trial, place] = within, source
        rasters = [_raster(events, group, self.layout) for group in plastic_sources(self.layout)]
        return Arrivals(jnp.asarray(steps), jnp.asarray(sources), tuple(map(jnp.asarray, rasters)))


def _raster(events: Sequence[tuple[np.ndarray, np.ndarray]], group: Group, layout: Layout) -> np.ndarray:
    raster = np.zeros((CHUNK_STEPS, len(events), group.size), np.bool_)
    first = group.start - layout.n_neurons
    for trial, (step, source) in enumerate(events):
        inside = (source >= first) & (source < first + group.size)
        raster[step[inside], trial, source[inside] - first] = True
        if raster[:, trial].sum() != inside.sum():
            raise ValueError(f"a source of {group.name!r} spikes twice in one time step of trial {trial}")
    return raster.reshape(-1, layout.bin_steps, len(events), group.size)
