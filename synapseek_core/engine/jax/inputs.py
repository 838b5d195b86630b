"""Spikes of the source units, packed chunk by chunk into arrays of the shapes that compiled code wants.

Slots that are in the same chunk of the same trial share a stream of source spikes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from synapseek_core.engine.jax.tables import Layout, round_up
from synapseek_core.engine.network import CHUNK_STEPS, DELAY_STEPS, Group, Trial

BLOCKS = CHUNK_STEPS // DELAY_STEPS
"""Blocks in a chunk: within a block no spike of a neuron arrives anywhere."""


class Arrivals(NamedTuple):
    """The source spikes that arrive in one chunk.

    stream: (slot,) which stream a slot hears.
    trial: (stream,) its trial.
    step: (block, stream, event) step within the block; rows are filled up with DELAY_STEPS.
    source: (block, stream, event) source id.
    rasters: for each group of `plastic_sources`, (block, step, stream, source of the group) whether it spikes.
    """

    stream: jax.Array
    trial: jax.Array
    step: jax.Array
    source: jax.Array
    rasters: tuple[jax.Array, ...]


def plastic_sources(layout: Layout) -> tuple[Group, ...]:
    """Return the groups of sources from which a plastic projection starts."""
    return tuple(dict.fromkeys(p.pre for p in layout.plastic if layout.from_sources(p.pre)))


class ArrivalPacker:
    """Packer of the arrivals of all slots; the numbers of streams and events grow when they must and never shrink."""

    def __init__(self, layout: Layout, trials: Sequence[Trial], slots: int) -> None:
        self.layout, self.trials = layout, trials
        self.streams, self.width = min(len(trials), slots), 1
        self.drawn: dict[tuple[int, int], tuple[np.ndarray, np.ndarray]] = {}

    def draw_ahead(self, places: Sequence[tuple[int, int]]) -> None:
        """Draw the arrivals of some (trial, chunk), and discard those of others."""
        self.drawn = {place: self._events(place) for place in set(places)}

    def _events(self, place: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
        trial, chunk = place
        return self.drawn[place] if place in self.drawn else self.trials[trial].spikes.arrivals(chunk)

    def pack(self, places: Sequence[tuple[int, int] | None]) -> Arrivals:
        """Return the arrivals for each slot's (trial, chunk); None where nothing runs."""
        wanted = sorted({place for place in places if place is not None})
        while self.streams < len(wanted):
            # In big steps: a new number of streams is compiled anew.
            self.streams *= 4
        events = [self._events(place) for place in wanted]
        steps, sources = self._pack_events(events)
        number = {place: k for k, place in enumerate(wanted)}
        trials = np.zeros(self.streams, np.int32)
        trials[: len(wanted)] = [trial for trial, _ in wanted]
        return Arrivals(
            stream=jnp.array([number[place] if place is not None else 0 for place in places], jnp.int32),
            trial=jnp.asarray(trials),
            step=jnp.asarray(steps),
            source=jnp.asarray(sources),
            rasters=tuple(jnp.asarray(self._raster(events, group)) for group in plastic_sources(self.layout)),
        )

    def _pack_events(self, events: Sequence[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
        edges = np.arange(BLOCKS + 1) * DELAY_STEPS
        starts = [np.searchsorted(step, edges) for step, _ in events]
        most = max((int(np.diff(start).max()) for start in starts), default=0)
        if most > self.width:
            # With a margin for the fluctuations of later chunks: a new width is compiled anew.
            self.width = round_up(most + 4 * math.isqrt(most))
        shape = (BLOCKS, self.streams, self.width)
        steps, sources = np.full(shape, DELAY_STEPS, np.int32), np.zeros(shape, np.int32)
        for stream, (step, source) in enumerate(events):
            block, within = np.divmod(step, DELAY_STEPS)
            place = np.arange(len(step)) - starts[stream][block]
            steps[block, stream, place], sources[block, stream, place] = within, source
        return steps, sources

    def _raster(self, events: Sequence[tuple[np.ndarray, np.ndarray]], group: Group) -> np.ndarray:
        raster = np.zeros((CHUNK_STEPS, self.streams, group.size), np.bool_)
        first = group.start - self.layout.n_neurons
        for stream, (step, source) in enumerate(events):
            inside = (source >= first) & (source < first + group.size)
            raster[step[inside], stream, source[inside] - first] = True
            if raster[:, stream].sum() != inside.sum():
                raise ValueError(f"a source of {group.name!r} spikes twice in one time step")
        return raster.reshape(BLOCKS, DELAY_STEPS, self.streams, group.size)
