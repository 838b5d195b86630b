"""A chunk of time of all slots of a device, in JAX."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp

from synapseek_core.engine.jax import exact as jax_exact
from synapseek_core.engine.jax import lazy as jax_lazy
from synapseek_core.engine.jax.inputs import BLOCKS, Arrivals
from synapseek_core.engine.jax.state import State
from synapseek_core.engine.jax.step import BlockInput, BlockOutput
from synapseek_core.engine.jax.tables import Layout, Tables
from synapseek_core.engine.network import CHUNK_STEPS, DELAY_STEPS
from synapseek_core.status import Status

FORMS = {"exact": jax_exact, "lazy": jax_lazy}


class Kept(NamedTuple):
    """The kept spike trains: (kept slot,) slots and (kept neuron,) neuron ids."""

    slots: jax.Array
    neurons: jax.Array


class ChunkOutput(NamedTuple):
    """The recorded results of one chunk.

    counts: (bin, slot, population) spikes.
    rate: (bin, slot) filtered rate at the end of the bin, in Hz.
    raster: (step, kept slot, kept neuron) spikes.
    running: (slot,) whether it goes on after the chunk.
    status, stop_step: (slot,) as in `Record`, after the chunk.
    """

    counts: jax.Array
    rate: jax.Array
    raster: jax.Array
    running: jax.Array
    status: jax.Array
    stop_step: jax.Array


class _Records(NamedTuple):
    """Counts (block, step, slot, population), rates (block, step, slot) and raster (block, step, slot, neuron)."""

    counts: jax.Array
    rate: jax.Array
    raster: jax.Array


@partial(jax.jit, static_argnums=0, donate_argnums=2)
def run_chunk(
    layout: Layout, tables: Tables, state: State, arrivals: Arrivals, kept: Kept
) -> tuple[State, ChunkOutput]:
    """Advance all slots by one chunk. The state's arrays are consumed."""
    form, ran, state = FORMS[layout.form], state.running, _switch_plasticity(state)
    records = _empty_records(layout, len(ran), kept)

    def run_block(first: jax.Array, block: jax.Array, carried: tuple[State, _Records]) -> tuple[State, _Records]:
        state, records = carried
        given = BlockInput(_of_block(arrivals, block), (block - first) * DELAY_STEPS)
        before = state.step
        state, output = form.advance_block(layout, tables, state, given)
        state = _count_in_windows(state, before, output.spiking)
        new = _records_of(output, kept)
        return state, _Records(*(all_.at[block].set(one) for all_, one in zip(records, new, strict=True)))

    def run_segment(number: jax.Array, carried: tuple[State, _Records]) -> tuple[State, _Records]:
        first, last = jnp.array(form.SEGMENTS, jnp.int32)[number]
        state, records = jax.lax.fori_loop(first, last, partial(run_block, first), carried)
        return form.settle(layout, tables, state, (last - first) * DELAY_STEPS), records

    state, records = jax.lax.fori_loop(0, len(form.SEGMENTS), run_segment, (state, records))
    state = _stop_non_finite(ran, state)
    return state, _output(layout, state, records)


def _switch_plasticity(state: State) -> State:
    """Freeze or unfreeze the weights for the whole chunk that begins."""
    first, last = state.jobs.frozen[..., 0], state.jobs.frozen[..., 1]
    frozen = (first <= state.step[:, None]) & (state.step[:, None] < last)
    return state._replace(learns=1 - frozen.any(axis=1).astype(jnp.float32))


def _of_block(arrivals: Arrivals, block: jax.Array) -> Arrivals:
    return arrivals._replace(
        step=arrivals.step[block],
        source=arrivals.source[block],
        rasters=tuple(raster[block] for raster in arrivals.rasters),
    )


def _count_in_windows(state: State, first: jax.Array, spiking: jax.Array) -> State:
    """Count the spikes (step, slot, neuron) of a block that began at `first` (slot,)."""
    step = first[None, :, None] + jnp.arange(DELAY_STEPS, dtype=jnp.int32)[:, None, None]
    inside = (state.jobs.windows[..., 0] <= step) & (step < state.jobs.windows[..., 1])
    counted = jnp.sum(inside[..., None] & spiking[:, :, None], axis=0, dtype=jnp.int32)
    return state._replace(window_counts=state.window_counts + counted)


def _empty_records(layout: Layout, slots: int, kept: Kept) -> _Records:
    shape = (BLOCKS, DELAY_STEPS)
    return _Records(
        jnp.zeros((*shape, slots, len(layout.populations)), jnp.int32),
        jnp.zeros((*shape, slots), jnp.float32),
        jnp.zeros((*shape, len(kept.slots), len(kept.neurons)), bool),
    )


def _records_of(output: BlockOutput, kept: Kept) -> _Records:
    raster = output.spiking[:, kept.slots[:, None], kept.neurons]
    return _Records(output.counts, output.rate, raster)


def _output(layout: Layout, state: State, records: _Records) -> ChunkOutput:
    counts = records.counts.reshape(CHUNK_STEPS // layout.bin_steps, layout.bin_steps, *records.counts.shape[2:])
    rate = records.rate.reshape(CHUNK_STEPS, -1)[layout.bin_steps - 1 :: layout.bin_steps]
    raster = records.raster.reshape(CHUNK_STEPS, *records.raster.shape[2:])
    return ChunkOutput(counts.sum(axis=1), rate, raster, state.running, state.status, state.stop_step)


def _stop_non_finite(ran: jax.Array, state: State) -> State:
    """Stop the slots that `ran` (slot,) in a chunk and whose neurons are not finite at its end."""
    finite = jnp.stack([jnp.isfinite(x).all(axis=1) for x in state.neurons.values()]).all(axis=0)
    broken = ran & ~finite
    by_now = jnp.minimum(state.step, state.jobs.steps)
    return state._replace(
        running=state.running & finite,
        status=jnp.where(broken, jnp.int32(Status.non_finite), state.status),
        stop_step=jnp.where(broken & (state.status == Status.ok), by_now, state.stop_step),
    )
